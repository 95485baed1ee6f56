"""How long a controller takes from a sudden change of demand to its answers. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaler.simulator.simulate import Trace

_REACHED = 0.95  # share of the demand that counts as reached
_SUDDEN = 1.5  # a change by this factor is one to react to

_LOOK_S = 60  # a rise is sudden against the least demand of so many seconds before

_STEP_PODS = 2  # noise moves the ideal by one replica
_STEP_S = 15  # a step is done within so many seconds: the usual distance of recorded points
_FLAT_S = 10  # demand lies on one side of a step for so long, before and after
_CALM_S = 120  # a step with another one so soon after it leaves no time to settle
_LONGEST_S = 600
_BAND = 0.1  # of the ideal, or one replica


def reactions(trace: Trace) -> list[tuple[int, int]]:
    """For each sudden rise that the ready replicas do not meet: seconds until more are asked for
    than are ready, and until the demand is met, by new replicas or by its own fall.

    The first never exceeds the second, and a controller that asks for nothing gets the second.
    """
    found, second = [], _LOOK_S
    while second < len(trace.ideal):
        if trace.ideal[second] > trace.ready[second] and _rises(trace.ideal, second):
            met = _met(trace, second)
            found.append((_asked(trace, second, met) - second, met - second))
            second = met
        second += 1
    return found


def _rises(ideal: Sequence[int], second: int) -> bool:
    return ideal[second] >= _SUDDEN * min(ideal[second - _LOOK_S : second])


def _asked(trace: Trace, second: int, met: int) -> int:
    return next((t for t in range(second, met) if trace.spec[t] > trace.ready[t]), met)


def _met(trace: Trace, second: int) -> int:
    """When the demand is met again; the end of the run if never."""
    for later in range(second, len(trace.ideal)):
        if trace.ready[later] >= _REACHED * trace.ideal[later]:
            return later
    return len(trace.ideal)


def settling(trace: Trace) -> list[int]:
    """For each step of the demand: seconds until the ready replicas leave the ideal's band for
    the last time before the next step; at most ten minutes are looked at.

    The steps are the demand's alone, so all controllers are asked the same.
    """
    starts = [*steps(trace.ideal), len(trace.ideal)]
    windows = pairwise(starts)
    return [
        _last_outside(trace, start, min(end, start + _LONGEST_S))
        for start, end in windows
        if end - start >= _CALM_S
    ]


def _last_outside(trace: Trace, start: int, end: int) -> int:
    for second in range(end - 1, start - 1, -1):
        ideal = trace.ideal[second]
        if abs(trace.ready[second] - ideal) > max(1, _BAND * ideal):
            return second + 1 - start
    return 0


def steps(ideal: Sequence[int]) -> Iterator[int]:
    """Seconds in which the demand has just gone up or down by half or more, and stays there."""
    inside = False
    for second in range(_STEP_S + _FLAT_S, len(ideal) - _FLAT_S):
        before, inside = inside, _is_step(ideal, second)
        if inside and not before:
            yield second


def _is_step(ideal: Sequence[int], second: int) -> bool:
    start, now = ideal[second - _STEP_S - 1], ideal[second]
    if not _differ(min(start, now), max(start, now)):  # the common case, without the windows
        return False
    before = ideal[second - _STEP_S - _FLAT_S : second - _STEP_S]
    after = ideal[second : second + _FLAT_S]
    return _differ(max(before), min(after)) or _differ(max(after), min(before))


def _differ(low: int, high: int) -> bool:
    return high >= _SUDDEN * low and high - low >= _STEP_PODS
