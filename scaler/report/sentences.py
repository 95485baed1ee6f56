"""A decision in words, for log lines, Events and `explain`. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scaler.decision import Action
from scaler.decision.zero import WAKE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaler.decision import Decision, Signal

_VERBS = {Action.UP: "scale up", Action.DOWN: "scale down", Action.NONE: "hold"}


def sentence(decision: Decision) -> str:
    """The whole of a decision in one line: the move, the measure, the derivation, why."""
    if not decision.valid:
        return f"hold {decision.current}: no decision without trusted data: {decision.error}"
    return "; ".join((f"{move(decision)}: {measure(decision)}", *_rest(decision)))


def move(decision: Decision) -> str:
    """`scale up 2 → 4` or `hold 3`."""
    verb = _VERBS[decision.action]
    if decision.action is Action.NONE:
        return f"{verb} {decision.current}"
    return f"{verb} {decision.current} → {decision.replicas}"


def measure(decision: Decision) -> str:
    """What was measured against what."""
    if decision.utilisation_pct is None:
        return "utilisation not needed"
    text = f"CPU {decision.utilisation_pct}% of its base, target {decision.target_pct}%"
    if decision.sample_age_s is not None:
        text += f", samples up to {max(decision.sample_age_s, 0):.0f} s old"
    return text


def derivation(decision: Decision) -> str:
    """How the number came about: each stage that changed it."""
    stages = [("metrics ask", decision.raw), ("window", decision.stabilised),
                ("limits", decision.limited), ("bounds", decision.replicas)]  # fmt: skip
    parts, last = [], None
    for name, number in stages:
        if number is not None and number != last:
            parts.append(f"{name} {number}")
            last = number
    return ", ".join(parts)


def causes(decision: Decision) -> list[str]:
    """The reasons that are no limits."""
    return [reason for reason in decision.reasons if reason not in decision.limits]


def clock_time(time: float) -> str:
    """The time of day of unix seconds, in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%H:%M:%S UTC")


def cause(decision: Decision) -> str:
    """What a rule saw outside the service: who woke it, or what no node has."""
    return f"woken by {decision.cause}" if WAKE in decision.reasons else decision.cause


def signal(told: Signal) -> str:
    """What told the demand, and how well."""
    parts = [f"demand {told.demand_m}m by {told.name}"]
    if told.spread_m:
        parts.append(f"± {told.spread_m}m")
    if told.fit_pct is not None:
        parts.append(f"fit {told.fit_pct}%")
    return " ".join(parts)


def holding(decision: Decision) -> str:
    """The limits that hold the number back, and until when."""
    text = ", ".join(decision.limits)
    return (
        text if decision.held_until is None else f"{text} until {clock_time(decision.held_until)}"
    )


def _rest(decision: Decision) -> Iterator[str]:
    if decision.signal:
        yield signal(decision.signal)
    if decision.raw is not None:
        yield derivation(decision)
    if because := causes(decision):
        yield "because " + ", ".join(because)
    if decision.limits:
        yield f"held by {holding(decision)}"
    if decision.cause:
        yield cause(decision)
