"""Reaction and settling, on traces made by hand."""

from __future__ import annotations

import pytest

from scaler.simulator.simulate import Trace
from scaler.simulator.timing import reactions, settling, steps


def _trace(ideal: list[int], ready: list[int], spec: list[int] | None = None) -> Trace:
    return Trace(load=(), ideal=ideal, ready=ready, spec=spec or ready)


def test_a_rise_is_answered_by_a_write_and_met_by_ready_replicas() -> None:
    ideal = [2] * 100 + [6] * 100
    spec = [2] * 115 + [4] * 15 + [6] * 70
    ready = [2] * 125 + [4] * 15 + [6] * 60
    assert reactions(_trace(ideal, ready, spec)) == [(15, 40)]


def test_replicas_that_start_already_are_an_answer_at_once() -> None:
    ideal, spec = [2] * 100 + [6] * 100, [2] * 90 + [6] * 110
    ready = [2] * 105 + [6] * 95
    assert reactions(_trace(ideal, ready, spec)) == [(0, 5)]


def test_who_never_answers_is_late_until_the_demand_is_gone() -> None:
    ideal = [2] * 100 + [6] * 20 + [2] * 80
    assert reactions(_trace(ideal, [2] * 200)) == [(20, 20)]
    assert reactions(_trace([2] * 100 + [6] * 50, [2] * 150)) == [(50, 50)]


def test_a_step_is_large_quick_and_lasts() -> None:
    assert list(steps([2] * 100 + [6] * 100 + [3] * 100)) == [100, 200]
    assert list(steps([1] * 100 + [2] * 100)) == []  # noise does as much
    assert list(steps([8] * 100 + [10] * 100)) == []
    assert list(steps([2] * 100 + [6] * 5 + [2] * 100)) == []
    assert list(steps([1 + t // 60 for t in range(600)])) == []


def test_a_step_between_recorded_points_is_one_too() -> None:
    ramp = [2 + 6 * t // 15 for t in range(15)]
    (found,) = steps([2] * 100 + ramp + [8] * 100)
    assert 100 < found < 115


@pytest.mark.parametrize(("late", "expected"), [(0, 0), (40, 40), (250, 200)])
def test_settled_is_after_the_last_exit_from_the_band(late: int, expected: int) -> None:
    ideal = [2] * 100 + [6] * 200
    ready = [2] * 100 + [2] * late + [6] * 200
    assert settling(_trace(ideal, ready[:300])) == [expected]


def test_overshoot_after_the_rise_delays_settling_and_one_replica_does_not() -> None:
    ideal = [2] * 100 + [6] * 200
    assert settling(_trace(ideal, [2] * 110 + [6] * 20 + [9] * 30 + [7] * 140)) == [60]


def test_falls_count_and_quick_successions_do_not() -> None:
    fall = [9] * 100 + [2] * 700
    assert settling(_trace(fall, [9] * 100 + [9] * 300 + [3] * 400)) == [300]
    assert settling(_trace(fall, [9] * 800)) == [600]
    spike = [2] * 100 + [9] * 60 + [2] * 200
    assert settling(_trace(spike, [2] * 360)) == [0]
