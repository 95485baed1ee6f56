"""The size from which on a pod more costs more than the shortage that it saves (policy
`responsive`; the newsvendor problem; Arrow, Harris & Marschak 1951). Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaler.decision.policy import Policy

_USUAL_PCT = 80  # a pod has its price at a target of so much,
_STEEP = 3.5  # and is so steeply cheaper at a lower one
_WORTH = 0.5  # of the price of a pod must be saved by another size


@value
class Line:
    """The pods that just carry what is foretold: `each` for one of it, and `rest` besides. Who is
    asked for has so many times the `room`, who is there already need not."""

    rest: float
    each: float
    room: float = 1.0


def price(usual: float, policy: Policy) -> float:
    """The share of the time with a shortage that a pod is worth: `usual` at the usual target."""
    return usual * math.pow(policy.target_pct / _USUAL_PCT, _STEEP)


def cheapest(
    shortages: Iterable[tuple[float, float]],
    line: Line,
    pod: float,
    current: int,
    most: int | None = None,
) -> tuple[int, float]:
    """The size that costs least, shortage included, or the current one if it is nearly as good; and
    how much of what is foretold the cheapest one carries.

    It is no larger than `most`, if there is such a bound.

    `shortages` are the shares of the time in which there is more than so much, from the lowest;
    `pod` is the price of one.
    """
    rest, each, room = line.rest, line.each, line.room
    here, best, least, carried = 1.0 + pod * current, 0, math.inf, 0.0
    for amount, short in shortages:
        full = rest + each * amount
        size = math.ceil(room * full)
        if full <= current:
            here = short + pod * current
        elif pod * size >= least:
            break  # no larger one is better
        if short + pod * size < least:
            best, least, carried = size, short + pod * size, amount
    if here - least <= _WORTH * pod:
        best = current
    return best if most is None else min(best, most), carried
