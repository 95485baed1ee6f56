"""How good a run was: the SPEC Research Group's elasticity measures, and what operators ask.

Definitions: Herbst et al. 2016/2018, Ilyushkin et al. 2017; s is the number of ready replicas, d
the least that keeps the target. All pods cost, pending and terminating ones too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaler.simulator.simulate import Trace

_REVERSAL_S = 600  # a change of direction counts as a reversal within so many seconds
_REACHED = 0.95  # share of the demand that counts as reached
_STEP = 1.5  # the ideal rises by this factor within a minute: a step to react to


@dataclass(frozen=True, slots=True)
class Scores:
    """One run's measures; shares are in percent of the run, times in seconds."""

    violation_s: int
    unserved_pct: float
    pod_seconds: int
    under_accuracy_pct: float
    over_accuracy_pct: float
    under_time_pct: float
    over_time_pct: float
    instability_pct: float
    deviation: float
    reaction_s: float | None
    overshoot_pct: float
    reversals: int
    changes: int
    pods_started: int


def score(trace: Trace) -> Scores:
    """The measures of `trace`."""
    seconds = len(trace.load)
    gaps = [(s - d, d) for s, d in zip(trace.ready, trace.ideal, strict=True)]
    under = 100 / seconds * sum(max(-gap, 0) / d for gap, d in gaps if d)
    over = 100 / seconds * sum(max(gap, 0) / d for gap, d in gaps if d)
    under_time = 100 / seconds * sum(gap < 0 for gap, _ in gaps)
    over_time = 100 / seconds * sum(gap > 0 for gap, _ in gaps)
    instability = _instability(trace)
    changes = list(_changes(trace.spec))
    parts = (under, over, under_time, over_time, instability)
    return Scores(
        violation_s=sum(trace.violated),
        unserved_pct=100 * trace.unserved,
        pod_seconds=sum(trace.pods),
        under_accuracy_pct=under,
        over_accuracy_pct=over,
        under_time_pct=under_time,
        over_time_pct=over_time,
        instability_pct=instability,
        deviation=sum(part**2 for part in parts) ** 0.5,
        reaction_s=_reaction(trace),
        overshoot_pct=100 * max((gap / d for gap, d in gaps if d), default=0.0),
        reversals=_reversals(changes),
        changes=len(changes),
        pods_started=trace.created,
    )


def _changes(spec: list[int]) -> Iterator[tuple[int, int]]:
    """When the number asked for changed, and by how much."""
    for second in range(1, len(spec)):
        if spec[second] != spec[second - 1]:
            yield second, spec[second] - spec[second - 1]


def _reversals(changes: list[tuple[int, int]]) -> int:
    """Changes against the one before, within ten minutes of it."""
    pairs = pairwise(changes)
    return sum((a > 0) != (b > 0) and later - at <= _REVERSAL_S for (at, a), (later, b) in pairs)


def _instability(trace: Trace) -> float:
    """Share of the time in which supply moves otherwise than demand."""
    moves = [
        (_sign(trace.ready[t] - trace.ready[t - 1]), _sign(trace.ideal[t] - trace.ideal[t - 1]))
        for t in range(1, len(trace.ready))
    ]
    return 100 / len(trace.ready) * sum(supply != demand for supply, demand in moves)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _reaction(trace: Trace) -> float | None:
    """Mean time from a sudden rise of the demand until the ready replicas meet it."""
    times, second = [], 60
    while second < len(trace.ideal):
        if trace.ideal[second] > trace.ready[second] and _sudden(trace, second):
            met = _met(trace, second)
            times.append(met - second)
            second = met
        second += 1
    return sum(times) / len(times) if times else None


def _sudden(trace: Trace, second: int) -> bool:
    return trace.ideal[second] >= _STEP * min(trace.ideal[second - 60 : second])


def _met(trace: Trace, second: int) -> int:
    """When the demand is met again; the end of the run if never."""
    for later in range(second, len(trace.ideal)):
        if trace.ready[later] >= _REACHED * trace.ideal[later]:
            return later
    return len(trace.ideal)
