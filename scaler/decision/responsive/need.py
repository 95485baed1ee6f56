"""How many replicas a signal calls for, and why (policy `responsive`). Pure."""

from __future__ import annotations

from shared.service.values import changed, variable


@variable
class Need:
    """Replicas called for, and the names of the rules that made the number.

    `lasting` is the part of it that was shown, not guessed: only that is held for the window.
    `incomplete` says that a signal which should count is absent, `partial` that a gateway is silent
    and the requests may be more. `demand_m` is the CPU that is called for, by the signal of this
    name, `foreseen_m` what a burst may call for when a pod asked for now would serve; None: nothing
    is foreseen. `notes` name what is odd.
    """

    replicas: int
    reasons: tuple[str, ...] = ()
    lasting: int = 0
    incomplete: bool = False
    partial: bool = False
    signal: str = "cpu"
    demand_m: int = 0
    foreseen_m: int | None = None
    notes: tuple[str, ...] = ()


def raised(need: Need, size: int, reason: str, current: int) -> Need:
    """The need, no lower than the `size` that `reason` is for."""
    lasting = max(need.lasting, size)
    if size <= need.replicas:
        return need if lasting == need.lasting else changed(need, lasting=lasting)
    reasons = (reason,) if size >= current else ("BelowTarget", reason)
    return changed(need, replicas=size, lasting=lasting, reasons=reasons)
