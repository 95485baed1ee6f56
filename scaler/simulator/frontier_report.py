"""The frontier in tables and words: violation at equal cost first, since neither figure means
anything alone."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from scaler.simulator.compare import names
from scaler.simulator.frontier import (
    Equal,
    Points,
    at_equal_cost,
    between,
    frontier,
    overall,
    own,
)
from scaler.simulator.ratios import plus_one
from scaler.simulator.report import csv_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaler.simulator.report import Table

BASELINE, ORACLE, FIXED = "hpa-v1", "oracle", "fixed"
REFERENCES = (FIXED, ORACLE)
"""Set beside the policies: a size that never changes, the best one by what came of it over all
seeds, and perfect knowledge."""

NOTE = (
    "Violation at equal cost: the policy's seconds + 1 with its own target, over those of "
    "{baseline} with whatever target costs as many pod-seconds (log of the violation linear "
    "between neighbours of its frontier). Below 1 is better. ≤ or ≥: {baseline} never was as "
    "cheap or as dear, and its nearest point counts. Neither violation nor pod-seconds mean "
    "anything alone: a lower target buys the one with the other. Whatever the target, all begin "
    "with the same pods, for what a policy finds is no merit of its own."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy against a baseline on one load.

    `equal` with its own target and `whole` over all costs that both have. At the policy's cost,
    `oracle` is the oracle's ratio to the baseline: with the same start-up delay nobody does better;
    and `fixed` that of a size which never changes: who does worse has not foreseen enough.
    `cost` and `reversals`, (a + 1) / (b + 1), compare the own targets of both.
    """

    scenario: str
    arm: str
    baseline: str
    equal: Equal
    whole: float | None
    oracle: Equal | None
    fixed: Equal | None
    cost: float
    reversals: float
    reversed: tuple[float, float]

    @property
    def distance(self) -> float | None:
        """Violation as a multiple of the oracle's at the same cost."""
        return self.equal.ratio / self.oracle.ratio if self.oracle else None


def standings(points: Points, arm: str, baseline: str = BASELINE) -> list[Standing]:
    """How `arm` does against `baseline`, on each load."""
    return [_standing(points, scenario, arm, baseline) for scenario in names(points)[0]]


def _standing(points: Points, scenario: str, arm: str, baseline: str) -> Standing:
    ours, theirs = points[scenario, arm], points[scenario, baseline]
    point, other, line = own(ours), own(theirs), frontier(theirs)
    oracle, fixed = (
        between(frontier(known), line, point.pod_seconds) if known else None
        for known in (points.get((scenario, ORACLE)), points.get((scenario, FIXED)))
    )
    return Standing(
        scenario,
        arm,
        baseline,
        at_equal_cost(point, line),
        overall(frontier(ours), line),
        oracle,
        fixed,
        point.pod_seconds / other.pod_seconds,
        plus_one(point.reversals, other.reversals),
        (point.reversals, other.reversals),
    )


def mean(ratios: Sequence[float | None]) -> float | None:
    """Geometric mean of those that are known."""
    known = [math.log(ratio) for ratio in ratios if ratio is not None]
    return math.exp(fmean(known)) if known else None


def mean_ratio(ratios: Sequence[Equal | None]) -> float | None:
    """The same of ratios at equal cost."""
    return mean([None if one is None else one.ratio for one in ratios])


def worst(found: Sequence[Standing]) -> Standing:
    """Where a policy does worst at equal cost."""
    return max(found, key=lambda one: one.equal.ratio)


def compared(points: Points, baseline: str = BASELINE) -> list[str]:
    """The policies that are set against `baseline`."""
    return [arm for arm in names(points)[1] if arm not in (baseline, *REFERENCES)]


def summary(points: Points, baseline: str = BASELINE) -> Table:
    """A row a policy: over all loads."""
    head = ["policy", f"violation at {baseline}'s cost", "worst load", "whole frontier"]
    head += ["fixed size there", "oracle there", "times the oracle"]
    head += [f"pod-seconds / {baseline}'s", "reversals + 1"]
    rows = []
    for arm in compared(points, baseline):
        found = standings(points, arm, baseline)
        low = worst(found)
        rows.append(
            [
                arm,
                _bounds(found) + _number(mean_ratio([one.equal for one in found])),
                f"{_equal(low.equal)} {low.scenario}",
                _number(mean([one.whole for one in found])),
                _number(mean_ratio([one.fixed for one in found])),
                _number(mean_ratio([one.oracle for one in found])),
                _number(mean([one.distance for one in found])),
                f"{mean([one.cost for one in found]):.3f}",
                _number(mean([one.reversals for one in found])),
            ]
        )
    return [head, *rows]


def by_load(points: Points, baseline: str = BASELINE) -> Table:
    """A row a load and policy."""
    head = ["load", "policy", "violation at equal cost", "whole frontier"]
    head += ["fixed size there", "oracle there", "times the oracle"]
    head += ["pod-seconds at own targets", "reversals / those of " + baseline]
    rows = [
        [
            one.scenario,
            one.arm,
            _equal(one.equal),
            _number(one.whole),
            _equal(one.fixed),
            _equal(one.oracle),
            _number(one.distance),
            f"{one.cost:.3f}",
            " / ".join(f"{count:.1f}" for count in one.reversed),
        ]
        for arm in compared(points, baseline)
        for one in standings(points, arm, baseline)
    ]
    return [head, *sorted(rows, key=lambda row: row[0])]


def sentence(points: Points, arm: str, baseline: str = BASELINE) -> str:
    """One policy in words."""
    found = standings(points, arm, baseline)
    low = worst(found)
    text = (
        f"{arm} violates the SLO {_number(mean_ratio([one.equal for one in found]))} times as long "
        f"as {baseline} at equal cost (worst: {_equal(low.equal)} on {low.scenario}); at its own "
        f"target it takes {mean([one.cost for one in found]):.3f} times the pod-seconds"
    )
    if limit := mean_ratio([one.oracle for one in found]):
        text += f"; perfect knowledge would give {limit:.2f}"
    if limit := mean_ratio([one.fixed for one in found]):
        text += f", a size that never changes, chosen afterwards, {limit:.2f}"
    return text + "."


def _equal(one: Equal | None) -> str:
    return "–" if one is None else f"{one.bound}{_number(one.ratio)}"


def _bounds(found: Sequence[Standing]) -> str:
    """The sign of a mean with bounds in it; of both kinds it is neither: about."""
    signs = {one.equal.bound for one in found} - {""}
    return "~" if len(signs) > 1 else "".join(signs)


def _number(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.4f}"


def points_csv(points: Points) -> str:
    """Every point of every frontier."""
    rows = [
        {"scenario": scenario, "policy": arm, **asdict(point)}
        for (scenario, arm), some in points.items()
        for point in some
    ]
    return csv_of(rows)
