"""Rates, minimum and maximum, as Kubernetes 1.36 applies them (horizontal.go). Pure.

Each answer names the limit that bit.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision.hpa.state import ScaleEvent
from scaler.decision.reasons import DOWN_LIMIT, TOO_FEW, TOO_MANY, UP_LIMIT, WITHIN_RANGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaler.decision.policy import Behavior, Rate, Rules

_UNBOUNDED = 2**31 - 1

Events = tuple[ScaleEvent, ...]


def clamp_legacy(
    current: int, desired: int, minimum: int, maximum: int, factor: float, least: int
) -> tuple[int, str]:
    """`behavior` unset: minimum, maximum, and at most max(factor·current, least)."""
    limit = int(max(factor * current, least))
    if desired < minimum:
        return minimum, TOO_FEW
    if desired > min(maximum, limit):
        return (limit, UP_LIMIT) if maximum > limit else (maximum, TOO_MANY)
    return desired, WITHIN_RANGE


def clamp_rates(
    current: int,
    desired: int,
    minimum: int,
    maximum: int,
    behavior: Behavior,
    ups: Events,
    downs: Events,
    now: float,
) -> tuple[int, str]:
    """`behavior` set: rates in the direction of the change, then minimum or maximum."""
    if desired > current:
        limit = max(current, up_limit(current, behavior.up, ups, downs, now))
        if desired > min(maximum, limit):
            return (limit, UP_LIMIT) if maximum > limit else (maximum, TOO_MANY)
    elif desired < current:
        limit = min(current, down_limit(current, behavior.down, ups, downs, now))
        if desired < max(minimum, limit):
            return (limit, DOWN_LIMIT) if minimum < limit else (minimum, TOO_FEW)
    return desired, WITHIN_RANGE


def up_limit(current: int, rules: Rules, ups: Events, downs: Events, now: float) -> int:
    """Most replicas that the rules for growing allow now."""
    if rules.select == "Disabled":
        return current
    limits = [_risen(_period_start(current, r, ups, downs, now), r) for r in rules.rates]
    if rules.select == "Min":
        return min(limits, default=_UNBOUNDED)
    return max(limits, default=-_UNBOUNDED - 1)


def down_limit(current: int, rules: Rules, ups: Events, downs: Events, now: float) -> int:
    """Least replicas that the rules for shrinking allow now."""
    if rules.select == "Disabled":
        return current
    limits = [_fallen(_period_start(current, r, ups, downs, now), r) for r in rules.rates]
    if rules.select == "Min":
        return max(limits, default=-_UNBOUNDED - 1)
    return min(limits, default=_UNBOUNDED)


def _period_start(current: int, rate: Rate, ups: Events, downs: Events, now: float) -> int:
    return (
        current - change_within(ups, rate.period_s, now) + change_within(downs, rate.period_s, now)
    )


def _risen(start: int, rate: Rate) -> int:
    if rate.type == "Pods":
        return start + rate.value
    return math.ceil(start * (1 + rate.value / 100))


def _fallen(start: int, rate: Rate) -> int:
    if rate.type == "Pods":
        return start - rate.value
    return int(start * (1 - rate.value / 100))


def change_within(events: Events, period_s: float, now: float) -> int:
    """Sum of the changes younger than `period_s`."""
    return sum(event.change for event in events if event.time > now - period_s)


def record_change(events: Events, change: int, rules: Rules, now: float) -> Events:
    """`events` with a new one, which takes the slot of one that no rate looks at any more."""
    cutoff = now - max((rate.period_s for rate in rules.rates), default=0.0)
    marked = [replace(e, outdated=True) if e.time < cutoff else e for e in events]
    newest = ScaleEvent(change, now)
    free = _last_outdated(marked)
    if free is None:
        return (*marked, newest)
    return (*marked[:free], newest, *marked[free + 1 :])


def _last_outdated(events: Iterable[ScaleEvent]) -> int | None:
    slots = [index for index, event in enumerate(events) if event.outdated]
    return slots[-1] if slots else None
