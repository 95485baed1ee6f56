"""Whether the traffic of our own is like that of the traces, by the statistics stated of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from random import Random
from statistics import fmean, pstdev

import pytest

from scaler.decision import Observation
from scaler.simulator.arm import Arm, Decider, Start
from scaler.simulator.gateway import counted, residence_s
from scaler.simulator.scenario import SCENARIOS, Run
from scaler.simulator.simulate import simulate
from scaler.simulator.traffic import WEB

SEEDS = range(1, 11)


@cache
def _runs(name: str) -> list[Run]:
    return [SCENARIOS[name].build(seed) for seed in SEEDS]


def _spread(counts: Sequence[int], window: int) -> float:
    ends = range(window, len(counts) + 1, window)
    means = [fmean(counts[end - window : end]) for end in ends]
    return pstdev(means) / fmean(means)


@pytest.mark.parametrize(
    ("name", "rate", "spreads"),
    [
        ("traffic-code", 2.57, {10: (1.45, 1.85), 60: (0.85, 1.2), 300: (0.35, 0.55)}),
        ("traffic-conversation", 5.3, {10: (0.32, 0.4), 60: (0.25, 0.35), 300: (0.16, 0.27)}),
        ("traffic-web", 1.1, {10: (0.46, 0.7), 60: (0.27, 0.47), 300: (0.15, 0.41)}),
    ],
)
def test_requests_spread_as_real_ones_at_every_time_scale(
    name: str, rate: float, spreads: dict[int, tuple[float, float]]
) -> None:
    runs = _runs(name)
    assert fmean(fmean(run.arrivals) for run in runs) == pytest.approx(rate, rel=0.12)
    for window, (low, high) in spreads.items():
        assert low < fmean(_spread(run.arrivals, window) for run in runs) < high, window


def test_code_completion_comes_in_bursts_with_silence_between() -> None:
    """The trace: no request in 73 % of all seconds, 68 % in silences of ten seconds and more, the
    longest of which takes 216 s; 0.8 % of the seconds have 30 requests or more."""
    runs = _runs("traffic-code")
    silences = [
        [len(list(some)) for none, some in groupby(run.arrivals, key=lambda n: n == 0) if none]
        for run in runs
    ]
    seconds = len(runs) * 3600
    assert 0.66 < sum(map(sum, silences)) / seconds < 0.8
    assert 0.55 < sum(s for each in silences for s in each if s >= 10) / seconds < 0.75
    assert 120 < fmean(max(each) for each in silences) < 320
    assert 0.003 < sum(n >= 30 for run in runs for n in run.arrivals) / seconds < 0.02


def test_the_others_are_never_silent_for_long() -> None:
    for name, longest in (("traffic-conversation", 8), ("traffic-web", 25)):
        for run in _runs(name):
            groups = groupby(run.arrivals, key=bool)
            assert max(len(list(some)) for busy, some in groups if not busy) < longest


@pytest.mark.parametrize("name", ["traffic-code", "traffic-conversation", "traffic-web"])
def test_the_work_is_that_of_the_requests(name: str) -> None:
    runs = _runs(name)
    work = sum(sum(run.load) * run.world.limit_m for run in runs)
    requests = sum(sum(run.arrivals) for run in runs)
    assert work / requests == pytest.approx(runs[0].world.request_work_m, rel=0.03)


def test_the_gateway_sees_whole_requests_for_as_long_as_they_live() -> None:
    """Where no work waits, those in flight are what the load's work takes, each its time."""
    run = replace(SCENARIOS["traffic-conversation"], seconds=900).build(1)
    seen: list[int] = []

    def start(_: Start) -> Decider:
        def decider(observation: Observation, now: float) -> int:
            if now >= 60 and observation.load:
                seen.append(observation.load.in_flight)
            return run.world.maximum

        return decider

    simulate(run, Arm("listener", "", start, 1, gateway=counted))
    assert seen == [round(level * run.world.concurrency) for level in run.load[-len(seen) :]]
    assert fmean(seen) / fmean(run.arrivals) == pytest.approx(residence_s(run.world), rel=0.1)


def test_without_tokens_work_is_due_when_a_request_comes_as_with_recorded_counts() -> None:
    run = SCENARIOS["traffic-web"].build(1)
    assert not run.lives
    assert run.load == tuple(2.0 * count for count in run.arrivals)


def test_without_tokens_every_request_costs_the_same() -> None:
    assert {cost for _, cost in WEB.requests(Random(1), 60, 2.0, 500.0)} == {500.0}
