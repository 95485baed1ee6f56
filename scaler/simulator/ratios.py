"""A policy against another, summed up over all scenarios and seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from statistics import fmean, quantiles
from typing import TYPE_CHECKING

from scaler.simulator.compare import Results, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Range = tuple[float, float]
"""Tenth and ninetieth percentile."""

Samples = list[tuple[list[float], list[float]]]
"""A measure of two policies for each scenario, one number a seed."""

_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Ratio:
    """A policy against another over all scenarios: geometric means of the ratios of their means.

    `violation` compares (seconds + 1), so that a scenario without violations counts too. The
    ranges tell what other seeds might have given. `reversals` compares totals over the scenarios,
    each + 1 as well, and `reversed` has these totals: 3 against none is no "alike".
    `worse_in_both` names the scenarios with more violations and more pod-seconds.
    """

    arm: str
    baseline: str
    violation: float
    violation_range: Range
    cost: float
    cost_range: Range
    reversals: float
    reversed: tuple[float, float]
    worse_in_both: tuple[str, ...]
    loses_violation: tuple[str, ...]
    loses_cost: tuple[str, ...]


def average(results: Results, scenario: str, arm: str, measure: str) -> float:
    """Mean of one measure over the seeds."""
    return fmean(getattr(one, measure) for one in results[scenario, arm])


def against(results: Results, arm: str, baseline: str) -> Ratio:
    """How `arm` does against `baseline`."""

    def losses(measure: str) -> tuple[str, ...]:
        return tuple(
            s
            for s in names(results)[0]
            if average(results, s, arm, measure) > average(results, s, baseline, measure)
        )

    violations = samples(results, arm, baseline, "violation_s", plus=1)
    costs = samples(results, arm, baseline, "pod_seconds")
    reversals = samples(results, arm, baseline, "reversals")
    turned = sum(fmean(a) for a, _ in reversals), sum(fmean(b) for _, b in reversals)
    slower, dearer = losses("violation_s"), losses("pod_seconds")
    return Ratio(
        arm,
        baseline,
        ratio(violations),
        interval(violations),
        ratio(costs),
        interval(costs),
        plus_one(*turned),
        turned,
        tuple(s for s in slower if s in dearer),
        slower,
        dearer,
    )


def plus_one(count: float, other: float) -> float:
    """A count against another, both + 1: a ratio that holds with none, too."""
    return (count + 1) / (other + 1)


def samples(results: Results, arm: str, baseline: str, measure: str, plus: float = 0.0) -> Samples:
    """The numbers to compare, each with `plus` added."""

    def values(scenario: str, name: str) -> list[float]:
        return [getattr(one, measure) + plus for one in results[scenario, name]]

    return [(values(s, arm), values(s, baseline)) for s in names(results)[0]]


def ratio(found: Samples) -> float:
    """Geometric mean over the scenarios of the ratio of the means over the seeds."""
    logs = [math.log(fmean(a) / fmean(b)) for a, b in found]
    return math.exp(fmean(logs)) if logs else 1.0


def interval(found: Samples) -> Range:
    """The same ratio over seeds drawn anew from those that were run (bootstrap)."""
    random, seeds = Random(0), range(min((len(a) for a, _ in found), default=1))
    draws = (random.choices(seeds, k=len(seeds)) for _ in range(_RESAMPLES))
    return spread([ratio(_drawn(found, draw)) for draw in draws])


def _drawn(found: Samples, draw: Sequence[int]) -> Samples:
    return [([a[i] for i in draw], [b[i] for i in draw]) for a, b in found]


def spread(values: Iterable[float]) -> Range:
    """Tenth and ninetieth percentile; of one value, that value twice."""
    known = list(values)
    if len(known) == 1:
        return known[0], known[0]
    tenths = quantiles(known, n=10, method="inclusive")
    return tenths[0], tenths[-1]
