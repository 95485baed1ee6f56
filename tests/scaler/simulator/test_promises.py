"""Which promises a frontier breaks, and with what limit beside it."""

from __future__ import annotations

from dataclasses import replace

from scaler.simulator import promises
from scaler.simulator.frontier import Point

HPA = tuple(
    Point(target, cost, violation, 10.0, target == 80)
    for target, cost, violation in ((50, 2000.0, 9.0), (80, 1000.0, 99.0))
)
KEPT = Point(80, 1000.0, 49.0, 10.0, True)


def test_a_policy_that_halves_the_violation_at_equal_cost_keeps_its_promise() -> None:
    points = {("traffic", "hpa-v1"): HPA, ("traffic", "responsive"): (KEPT,)}
    assert promises.broken(points) == []
    assert promises.worse_in_both(points, "responsive") == []


def test_one_that_only_pays_for_less_violation_breaks_it() -> None:
    """As many violations as the HPA itself has where it spends so much."""
    dear = replace(KEPT, pod_seconds=2000.0, violation_s=9.0, reversals=20.0)
    points = {("traffic", "hpa-v1"): HPA, ("traffic", "responsive"): (dear,)}
    assert [line.split(": ")[1:3] for line in promises.broken(points)] == [
        ["violation at equal cost, mean", "1.000 is above 0.75"],
        ["pod-seconds, mean", "2.000 is above 1.05"],
        ["reversals, mean", "1.909 is above 1.3"],
    ]
    worse = replace(dear, violation_s=200.0)
    points["traffic", "responsive"] = (worse,)
    assert promises.worse_in_both(points, "responsive") == ["traffic"]
