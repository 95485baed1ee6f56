"""What the scaler's policies promise on real traffic, and what of it a frontier breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaler.simulator.compare import names
from scaler.simulator.frontier import own
from scaler.simulator.frontier_report import BASELINE, Standing, mean, mean_ratio, standings, worst
from scaler.simulator.verdict import sides

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaler.simulator.frontier import Points


@dataclass(frozen=True, slots=True)
class Promise:
    """Most of each ratio: violation at equal cost in the `mean` over the loads and in the `worst`,
    pod-seconds and reversals (each + 1) with the own target. None: nothing is promised."""

    arm: str
    baseline: str
    mean: float
    worst: float | None = None
    cost: float | None = None
    reversals: float | None = None


PROMISES = (
    Promise("responsive", "hpa-v1", mean=0.97, worst=1.1, cost=1.1, reversals=1.4),
    Promise("responsive-gateway", "hpa-v1", mean=0.7, worst=0.8, reversals=1.4),
    Promise("responsive-gateway", "kpa", mean=0.65),
    Promise("responsive-gateway", "keda-http", mean=0.8),
)
"""What is kept on the loads of `scenario.TRAFFIC`."""

AIMS = (
    Promise("responsive", "hpa-v1", mean=0.75, worst=1.0, cost=1.05, reversals=1.3),
    Promise("responsive-gateway", "hpa-v1", mean=0.35, worst=0.8),
    Promise("responsive-gateway", "kpa", mean=0.8),
    Promise("responsive-gateway", "keda-http", mean=0.8),
)
"""What it should be; where it is not, the figure of perfect knowledge tells what can be."""


def broken(points: Points, promises: Iterable[Promise] = PROMISES) -> list[str]:
    """A sentence for each promise that is not kept, with the oracle's figure where it has one."""
    arms = {arm for _, arm in points}
    made = [one for one in promises if {one.arm, one.baseline} <= arms]
    return [line for promise in made for line in _broken(points, promise)]


def _broken(points: Points, promise: Promise) -> Iterator[str]:
    found = standings(points, promise.arm, promise.baseline)
    low = worst(found)
    for name, value, most, limit in (
        (
            "violation at equal cost, mean",
            mean_ratio([one.equal for one in found]),
            promise.mean,
            _oracle(*found),
        ),
        (
            f"violation at equal cost on {low.scenario}",
            low.equal.ratio,
            promise.worst,
            _oracle(low),
        ),
        ("pod-seconds, mean", mean([one.cost for one in found]), promise.cost, ""),
        ("reversals, mean", mean([one.reversals for one in found]), promise.reversals, ""),
    ):
        if most is not None and value is not None and value > most:
            yield (
                f"{promise.arm} against {promise.baseline}: {name}: {value:.3f} is above "
                f"{most:g}{limit}"
            )


def _oracle(*found: Standing) -> str:
    limit = mean_ratio([one.oracle for one in found])
    distance = mean([one.distance for one in found])
    if limit is None or distance is None:
        return ""
    return f" (perfect knowledge gives {limit:.3f}, {distance:.1f} times less)"


def worse_in_both(points: Points, arm: str, baseline: str = BASELINE) -> list[str]:
    """The loads on which a policy violates more and costs more, each with its own target."""
    loads = names(points)[0]
    pairs = {load: (own(points[load, arm]), own(points[load, baseline])) for load in loads}
    return [
        load
        for load, (one, other) in pairs.items()
        if sides(
            (one.violation_s, other.violation_s),
            (one.pod_seconds, other.pod_seconds),
        )
        == (1, 1)
    ]
