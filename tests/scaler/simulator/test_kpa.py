"""Knative's autoscaler, by the clock; targets are ten requests a pod."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from scaler.simulator.arms import ARMS
from scaler.simulator.kpa import Settings, State, begin, decide, record
from scaler.simulator.scenario import Run, World
from scaler.simulator.simulate import simulate

SETTINGS = Settings(target=10.0, maximum=1000)


class Clock:
    """An autoscaler that counts each second and whose pods are ready at once."""

    def __init__(self, pods: int, settings: Settings = SETTINGS) -> None:
        self.pods, self.settings = pods, settings
        self.state = State()
        self.now = 0

    def run(self, seconds: int, requests: float) -> list[int]:
        """The sizes over the next seconds, with so many requests in flight."""
        sizes = []
        for _ in range(seconds):
            self.now += 1
            self.state = record(self.state, requests, self.settings, float(self.now))
            if self.now % 2 == 0:
                desired, self.state = decide(self.state, self.pods, self.settings, float(self.now))
                self.pods = self.pods if desired is None else desired
            sizes.append(self.pods)
        return sizes


def test_a_burst_is_met_by_the_panic_window_and_forgotten_a_minute_after_it() -> None:
    clock = Clock(2)
    assert set(clock.run(60, 20)) == {2}
    # Two seconds of 100 among six make 47 in the panic window, over twice what two pods take.
    assert clock.run(2, 100)[-1] == 5
    assert clock.state.panic_since == 62
    # The window fills; the ratio to the present size is small now, so the panic is not renewed.
    assert clock.run(8, 100)[-1] == 10
    # The load is gone from the panic window after six seconds, but the panic goes on.
    assert set(clock.run(53, 20)) == {10}
    # A stable window after its last renewal it is over, and the stable mean of 28 counts.
    assert clock.run(2, 20)[-1] == 5  # at most by half a decision
    assert clock.run(6, 20)[-1] == 2
    assert clock.state.panic_since is None


def test_slow_growth_goes_by_the_stable_window_without_panic() -> None:
    clock = Clock(10)
    clock.run(60, 100)
    sizes = clock.run(60, 150)
    assert clock.state.panic_since is None
    assert sizes == sorted(sizes)
    assert sizes[29] == 13  # half of the window has the new load
    assert sizes[-1] == 15


def test_panic_never_shrinks_and_a_new_burst_renews_it() -> None:
    clock = Clock(1)
    assert clock.run(20, 300)[-1] == 30
    assert set(clock.run(30, 30)) == {30}
    assert clock.run(10, 4000)[-1] == 400
    # The first panic would be over by now.
    assert set(clock.run(50, 30)) == {400}


def test_shrinks_at_most_by_half_a_decision() -> None:
    clock = Clock(16)
    clock.run(60, 160)
    assert list(dict.fromkeys(clock.run(80, 0)))[-1] == 1
    state = State(counts=((1.0, 0.0),))
    assert decide(state, 16, SETTINGS, 1.0)[0] == 8


def test_grows_at_most_by_the_rate() -> None:
    slow = replace(SETTINGS, max_scale_up_rate=3.0)
    assert decide(State(counts=((1.0, 1000.0),)), 2, slow, 1.0)[0] == 6


def test_a_delayed_scale_down_keeps_the_most_of_its_window() -> None:
    clock = Clock(10, replace(SETTINGS, scale_down_delay_s=300.0))
    clock.run(60, 100)
    assert set(clock.run(298, 10)) == {10}
    assert clock.run(60, 10)[-1] < 10


def test_a_restart_keeps_the_size_until_its_window_is_full() -> None:
    clock = Clock(8)
    clock.state = begin(8, 0.0)
    assert set(clock.run(60, 10)) == {8}
    assert clock.run(6, 10)[-1] < 8
    assert begin(1, 0.0) == State()


def test_no_counts_no_decision() -> None:
    assert decide(State(), 3, SETTINGS, 0.0) == (None, State())


@pytest.mark.parametrize(("load", "size"), [(0.0, 2), (10_000.0, 5)])
def test_stays_between_minimum_and_maximum(load: float, size: int) -> None:
    bounded = replace(SETTINGS, minimum=2, maximum=5)
    assert decide(State(counts=((1.0, load),)), 2, bounded, 1.0)[0] == size


def test_kpa_holds_what_keeps_seven_tenths_in_flight_and_keda_the_highest_count() -> None:
    run = Run("test", 1, World(imbalance=0.0), (3.0,) * 900)
    kpa, keda = (simulate(run, ARMS[name]) for name in ("kpa", "keda-http"))
    assert set(kpa.spec[120:]) <= {math.ceil(3.0 / 0.7), 4}  # in flight is a whole number
    assert min(keda.spec[320:]) > math.ceil(3.0 / 0.7)  # requests come at random
    assert not any(kpa.violated)
    assert not any(keda.violated)


def test_keda_grows_at_the_pace_of_an_hpa_and_kpa_at_once() -> None:
    run = Run("test", 1, World(), (0.5,) * 120 + (6.0,) * 600)
    kpa, keda = (simulate(run, ARMS[name]) for name in ("kpa", "keda-http"))
    assert max(kpa.spec[:130]) >= 9
    assert list(dict.fromkeys(keda.spec))[:2] == [1, 4]
    assert sum(kpa.violated) < sum(keda.violated)
