"""Which promises a frontier breaks, and with what limit beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.simulator import promises
from scaler.simulator.arms import ARMS
from scaler.simulator.frontier import Point, measure
from scaler.simulator.scenario import SCENARIOS, TRAFFIC

HPA = tuple(
    Point(target, cost, violation, 10.0, target == 80)
    for target, cost, violation in ((50, 2000.0, 9.0), (80, 1000.0, 99.0))
)
KEPT = Point(80, 1000.0, 49.0, 10.0, True)


def test_a_policy_that_halves_the_violation_at_equal_cost_keeps_its_promise() -> None:
    points = {("traffic", "hpa-v1"): HPA, ("traffic", "responsive"): (KEPT,)}
    assert promises.broken(points) == promises.broken(points, promises.AIMS) == []
    assert promises.worse_in_both(points, "responsive") == []


def test_one_that_only_pays_for_less_violation_breaks_it() -> None:
    """As many violations as the HPA itself has where it spends so much."""
    dear = replace(KEPT, pod_seconds=2000.0, violation_s=9.0, reversals=20.0)
    points = {("traffic", "hpa-v1"): HPA, ("traffic", "responsive"): (dear,)}
    assert [line.split(": ")[1:3] for line in promises.broken(points, promises.AIMS)] == [
        ["violation at equal cost, mean", "1.000 is above 0.75"],
        ["pod-seconds, mean", "2.000 is above 1.05"],
        ["reversals, mean", "1.909 is above 1.3"],
    ]
    worse = replace(dear, violation_s=200.0)
    points["traffic", "responsive"] = (worse,)
    assert promises.worse_in_both(points, "responsive") == ["traffic"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_is_promised_of_the_statistics_of_real_traffic_is_kept_on_two_draws() -> None:
    """Against all targets of the HPA; the benchmark takes the other autoscalers, too."""
    runs = [SCENARIOS[name].build(seed) for name in TRAFFIC for seed in (201, 202)]
    points = measure(runs, [ARMS["hpa-v1"]], 2, targets=(20, 35, 50, 65, 80, 95))
    ours = [ARMS["responsive"], ARMS["responsive-gateway"]]
    points |= measure(runs, ours, 2, targets=())
    assert promises.broken(points) == []
    for arm in ours:
        assert promises.worse_in_both(points, arm.name) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("start_s", [(50.0, 70.0), (200.0, 280.0)])
def test_pods_that_start_slowly_do_not_make_it_worse_in_both(start_s: tuple[float, float]) -> None:
    built = [SCENARIOS[name].build(seed) for name in TRAFFIC for seed in (201, 202)]
    runs = [replace(run, world=replace(run.world, start_s=start_s)) for run in built]
    arms = [ARMS[name] for name in ("hpa-v1", "responsive", "responsive-gateway")]
    points = measure(runs, arms, 2, targets=())
    for arm in arms[1:]:
        assert promises.worse_in_both(points, arm.name) == []
