"""What violation each policy gives at which cost: its target varied, and compared at equal cost.

Neither figure means anything alone: any policy violates less with a lower target, and costs more.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from statistics import fmean
from typing import TYPE_CHECKING

from scaler.simulator.compare import Scored, scored
from scaler.simulator.scenario import found_replicas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scaler.simulator.arm import Arm
    from scaler.simulator.scenario import Run
    from scaler.simulator.scores import Scores

TARGETS = (20, 30, 40, 50, 60, 70, 80, 90, 95)
"""Tried of each policy beside its own target: per cent of the CPU request, or of a pod's
concurrency."""

_STEPS = 50  # costs at which two whole frontiers are compared


@dataclass(frozen=True, slots=True)
class Point:
    """A policy with one target on one load: means over the seeds."""

    target_pct: int
    pod_seconds: float
    violation_s: float
    reversals: float
    own: bool
    """Whether that is the target that the policy has when nobody varies it."""


@dataclass(frozen=True, slots=True)
class Equal:
    """A ratio of violations at equal cost, each as seconds + 1.

    `bound` is empty inside of what the baseline was seen to cost. Outside nothing is extrapolated,
    its nearest point counts: "≤" where the baseline never was as cheap (it would violate more),
    "≥" where it never was as dear (it might violate less).
    """

    ratio: float
    bound: str = ""


Frontier = tuple[Point, ...]
"""The points that no other of the policy beats in both, from the cheapest to the dearest."""

Points = dict[tuple[str, str], tuple[Point, ...]]
"""All points by (scenario, arm), from the lowest target."""


def measure(
    runs: Sequence[Run],
    arms: Sequence[Arm],
    processes: int = 1,
    progress: Callable[[], None] = lambda: None,
    targets: Sequence[int] = TARGETS,
) -> Points:
    """Every arm with every target over every run; `progress` is called after each."""
    keys, jobs = zip(*_jobs(runs, arms, targets), strict=True)
    found: dict[tuple[str, str, int, bool], list[Scores]] = {}
    for key, one in zip(keys, scored(jobs, processes, progress), strict=True):
        found.setdefault(key, []).append(one)
    points: dict[tuple[str, str], list[Point]] = {}
    for (scenario, arm, target, own), scores in found.items():
        points.setdefault((scenario, arm), []).append(_point(target, own, scores))
    return {key: tuple(some) for key, some in points.items()}


def length(runs: Sequence[Run], arms: Sequence[Arm], targets: Sequence[int] = TARGETS) -> int:
    """How many simulations `measure` takes."""
    return sum(len(_targets(run, arm, targets)) for run, arm in product(runs, arms))


def _jobs(
    runs: Sequence[Run], arms: Sequence[Arm], targets: Sequence[int]
) -> Iterable[tuple[tuple[str, str, int, bool], Scored]]:
    for run, arm in product(runs, arms):
        for target in _targets(run, arm, targets):
            own = target == _own(run, arm)
            yield (run.scenario, arm.name, target, own), aimed(run, arm, target)


def _own(run: Run, arm: Arm) -> int:
    return run.world.target_pct if arm.share_pct is None else arm.share_pct


def _targets(run: Run, arm: Arm, targets: Sequence[int]) -> list[int]:
    own = _own(run, arm)
    return sorted({own, *targets}) if arm.aims else [own]


def aimed(run: Run, arm: Arm, target_pct: int) -> Scored:
    """The run and the arm with another target; the load stays what it was, and the pods that are
    found at the beginning, which are no merit of a policy."""
    if arm.share_pct is not None:
        return run, replace(arm, start=partial(arm.start, share=target_pct / 100))
    world = replace(run.world, target_pct=target_pct)
    return replace(run, world=world, found=found_replicas(run)), arm


def _point(target: int, own: bool, scores: list[Scores]) -> Point:
    def mean(measure: str) -> float:
        return fmean(getattr(one, measure) for one in scores)

    return Point(target, mean("pod_seconds"), mean("violation_s"), mean("reversals"), own)


def own(points: Iterable[Point]) -> Point:
    """The point with the policy's own target."""
    return next(point for point in points if point.own)


def frontier(points: Iterable[Point]) -> Frontier:
    """The points that none beats; the rest nobody would choose."""
    best: list[Point] = []
    for point in sorted(points, key=lambda p: (p.pod_seconds, p.violation_s)):
        if not best or point.violation_s < best[-1].violation_s:
            best.append(point)
    return tuple(best)


def _log_violation(line: Frontier, cost: float) -> float:
    """log(seconds + 1), linear between neighbours.

    Violations fall about geometrically with pods. The straight chord, which a mix of two targets
    over time would give, lies higher: this line gives the baseline the benefit of the doubt.
    """
    at = bisect_right([point.pod_seconds for point in line], cost)
    if at in (0, len(line)):
        return math.log1p(line[min(at, len(line) - 1)].violation_s)
    left, right = line[at - 1], line[at]
    share = (cost - left.pod_seconds) / (right.pod_seconds - left.pod_seconds)
    low, high = math.log1p(left.violation_s), math.log1p(right.violation_s)
    return low + share * (high - low)


def at_equal_cost(point: Point, line: Frontier) -> Equal:
    """A policy's violation against what a frontier gives for the same pod-seconds."""
    log = math.log1p(point.violation_s) - _log_violation(line, point.pod_seconds)
    return Equal(math.exp(log), _bound(line, point.pod_seconds))


def between(one: Frontier, other: Frontier, cost: float) -> Equal:
    """A frontier against another at one cost."""
    log = _log_violation(one, cost) - _log_violation(other, cost)
    return Equal(math.exp(log), _bound(other, cost))


def _bound(line: Frontier, cost: float) -> str:
    slack = 0.001 * cost  # a rounding error away is not outside
    if cost < line[0].pod_seconds - slack:
        return "≤"
    return "≥" if cost > line[-1].pod_seconds + slack else ""


def overall(one: Frontier, other: Frontier) -> float | None:
    """Geometric mean of the ratios over all costs that both have; None if they share none."""
    low = max(one[0].pod_seconds, other[0].pod_seconds)
    high = min(one[-1].pod_seconds, other[-1].pod_seconds)
    if low > high:
        return None
    costs = [low + (high - low) * step / _STEPS for step in range(_STEPS + 1)]
    return math.exp(fmean(math.log(between(one, other, cost).ratio) for cost in costs))
