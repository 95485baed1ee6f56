"""From options to runs."""

from __future__ import annotations

import pytest

from scaler.simulator.arms import ARMS
from scaler.simulator.scenario import SCENARIOS
from scaler.simulator.setup import DEFAULT, Sizing, built_in
from scaler.simulator.simulate import simulate


def test_without_options_the_scenarios_are_as_they_are() -> None:
    assert built_in(["ramp", "slow-starters"], Sizing(), None, [1, 2]) == [
        SCENARIOS[name].build(seed) for name in ("ramp", "slow-starters") for seed in (1, 2)
    ]


def test_loads_are_sized_to_what_the_service_can_grow_to() -> None:
    (usual,) = built_in(["step-up"], Sizing(), None, [1])
    (large,) = built_in(["step-up"], Sizing(maximum=40, target=40), None, [1])
    assert large.load == pytest.approx([2 * level for level in usual.load])


def test_traffic_is_sized_by_its_number_of_requests() -> None:
    (usual,) = built_in(["traffic-web"], Sizing(), None, [1])
    (large,) = built_in(["traffic-web"], Sizing(maximum=200), None, [1])
    (small,) = built_in(["traffic-web"], Sizing(work=200), None, [1])
    assert usual.world.maximum == 20
    for run in (large, small):
        assert sum(run.arrivals) == pytest.approx(10 * sum(usual.arrivals), rel=0.05)
    assert sum(large.load) == pytest.approx(10 * sum(usual.load), rel=0.05)
    assert sum(small.load) == pytest.approx(sum(usual.load), rel=0.05)


def test_the_request_follows_the_limit_unless_it_is_given() -> None:
    assert Sizing(limit=500).of(DEFAULT, None).request_m == 500
    burst = Sizing(limit=500, request=250).of(DEFAULT, None)
    assert (burst.request_m, burst.limit_m) == (250, 500)
    assert burst.capacity_at_target == 0.4


@pytest.mark.parametrize("start", [(8.0, 12.0), (50.0, 70.0), (200.0, 280.0)])
def test_pods_start_in_the_time_that_is_said(start: tuple[float, float]) -> None:
    sizing = Sizing(start=start)
    for run in built_in(["step-up", "traffic-code", "slow-starters"], sizing, None, [1]):
        assert run.world.start_s == start
    (run,) = built_in(["step-up"], sizing, None, [1])
    trace = simulate(run, ARMS["responsive"])
    asked = next(t for t, size in enumerate(trace.spec) if size > trace.spec[0])
    served = next(t for t, ready in enumerate(trace.ready) if ready > trace.spec[0])
    assert start[0] <= served - asked - run.world.schedule_s - 1 <= start[1]


def test_what_a_scenario_is_about_stays() -> None:
    (run,) = built_in(["slow-starters"], Sizing(minimum=2), None, [1])
    assert (run.world.start_s, run.world.minimum) == ((60.0, 90.0), 2)
