"""Whether a service is in use: what keeps it awake. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from shared.service.durations import shown
from shared.service.values import value


@dataclass(frozen=True, slots=True)
class Zero:
    """The settings of a service that may sleep."""

    after_s: float
    """Seconds for which nobody must have asked before it sleeps."""
    wake_to: int = 0
    """Replicas on waking, at least; never fewer than the policy's minimum."""


@value
class Use:
    """What is known of the use of one service.

    `open` are its requests, streams and tunnels at all gateways that are not over, `idle_s` the
    seconds since the last of them ended at any gateway, or since that gateway began to count.
    `begun` is when the service was made, became ready or was asked to be awake (unix seconds). The
    others are words for what alone keeps it awake, empty where nothing does: `unheard`, a gateway
    that does not tell; `unseen`, ways around the gateways; `unsettled`, a start or a rollout.
    """

    open: int = 0
    idle_s: float = 0.0
    begun: float = 0.0
    unheard: str = ""
    unseen: str = ""
    unsettled: str = ""


def kept_awake(zero: Zero, use: Use, scheduled: int, held: bool, now: float) -> str:
    """In words what keeps a service awake at `now`, the first of it; empty: it may sleep.

    `scheduled` are the replicas that a schedule asks for now; `held`: somebody has set its size,
    which holds for a while.
    """
    whole = shown(zero.after_s)
    if words := use.unseen or use.unsettled or use.unheard:
        return words
    if scheduled:
        return f"a schedule asks for {scheduled}"
    if use.open:
        return "1 open request" if use.open == 1 else f"{use.open} open requests"
    if use.idle_s < zero.after_s:
        return f"idle for {shown(use.idle_s)} of {whole}"
    if now - use.begun < zero.after_s:
        return f"started {shown(max(now - use.begun, 0.0))} ago, and {whole} are waited"
    if held:
        return "its size was set by hand"
    return ""
