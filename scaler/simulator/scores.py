"""Scores of a run: the SPEC Research Group's elasticity measures, and what operators ask. Pure.

Definitions: Herbst et al. 2016/2018, Ilyushkin et al. 2017; s is the number of ready replicas, d
the least that keeps the target. All pods cost, pending and terminating ones too. Cold starts are
not counted: an exposed service has at least one replica, so the model never has zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from scaler.simulator.timing import reactions, settling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaler.simulator.simulate import Trace

_REVERSAL_S = 600  # a change of direction counts as a reversal within so many seconds


@dataclass(frozen=True, slots=True)
class Scores:
    """One run's measures; shares are in percent of the run, times in seconds.

    `first_write_s`, `reaction_s` and `settling_s` are means over the sudden changes of the run
    (see `timing`), None without any. `jitter_per_hour` is how many more changes the ready replicas
    make than the demand, which noise alone moves to and fro: it is negative for a calm controller.
    """

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
    first_write_s: float | None
    settling_s: float | None
    jitter_per_hour: float
    changes_per_hour: float


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
    reacted = reactions(trace)
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
        reaction_s=_mean([met for _, met in reacted]),
        overshoot_pct=100 * max((gap / d for gap, d in gaps if d), default=0.0),
        reversals=_reversals(changes),
        changes=len(changes),
        pods_started=trace.created,
        first_write_s=_mean([asked for asked, _ in reacted]),
        settling_s=_mean(settling(trace)),
        jitter_per_hour=(_moves(trace.ready) - _moves(trace.ideal)) * 3600 / seconds,
        changes_per_hour=len(changes) * 3600 / seconds,
    )


def _mean(values: list[int]) -> float | None:
    return sum(values) / len(values) if values else None


def _moves(series: list[int]) -> int:
    return sum(before != after for before, after in pairwise(series))


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
