"""Sizes by CPU alone, through whole decisions every two seconds."""

from __future__ import annotations

import json
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

import pytest

from scaler.decision import Action, Decision, Load, Policy
from scaler.decision.responsive import steps
from scaler.decision.responsive.need import Need
from scaler.decision.responsive.state import ResponsiveState
from scaler.decision.responsive.usage import Usage
from shared.service.values import changed
from tests.scaler.decision.build import NOW, observe, pods, responsive

if TYPE_CHECKING:
    from collections.abc import Callable

POLICY = Policy(max_replicas=50)
SAMPLE_S = 15


class Service:
    """Pods of a core whose CPU is sampled every fifteen seconds."""

    def __init__(self, replicas: int) -> None:
        self.replicas, self.now = replicas, NOW
        self.state: ResponsiveState | None = None
        self.sizes: list[int] = []

    def run(
        self,
        seconds: int,
        cores: Callable[[int], float],
        follow: bool = True,
        policy: Policy = POLICY,
    ) -> Decision:
        """Decisions while `cores(second)` are called for; the last of them."""
        for second in range(0, seconds, 2):
            self.now += 2
            sampled = second - second % SAMPLE_S
            used = min(1000, round(1000 * cores(sampled) / self.replicas))
            members = pods([used] * self.replicas, limit_m=1000, now=self.now - second + sampled)
            decision, self.state = responsive(observe(members), policy, self.state, self.now)
            if follow:
                self.replicas = decision.replicas
            self.sizes.append(decision.replicas)
        return decision


def waves(second: int) -> float:
    """A minute of five cores in every four, and one core between them."""
    return 5.0 if second % 240 < 60 else 1.0


def test_what_comes_back_often_is_kept_though_every_window_is_over() -> None:
    service = Service(2)
    service.run(2400, waves)
    assert min(service.sizes[-600:]) >= 6
    kept = service.run(2, lambda _: 1.0)
    assert kept.action is Action.NONE, "they are there already"
    assert "Bursts" in kept.reasons, "and nothing else keeps them"


def test_what_is_foreseen_is_asked_for_before_it_comes() -> None:
    service = Service(6)
    service.run(2400, waves, follow=False)
    service.replicas = 3
    decision = service.run(2, lambda _: 1.0)
    assert decision.reasons == ("Bursts",)
    assert decision.replicas >= 6
    assert decision.signal
    assert (decision.signal.name, decision.signal.demand_m) == ("cpu", 999)
    assert decision.signal.foreseen_m in range(5000, 5500), "a bin is a tenth wide"


def test_a_steady_load_costs_no_more_than_its_target_says() -> None:
    service = Service(4)
    assert service.run(1800, lambda s: 3.0 + s % 45 / 300).replicas == 4
    assert max(service.sizes) == 4


def test_nothing_grows_for_what_was_once_nothing_runs_any_more() -> None:
    service = Service(2)
    service.run(2400, waves)
    service.sizes.clear()
    service.run(1500, lambda _: 0.0)
    assert service.sizes == sorted(service.sizes, reverse=True)
    assert service.sizes[-1] == 1


@pytest.mark.parametrize("longest_s", [60, 700])
def test_nothing_is_kept_for_bursts_when_nothing_has_come_for_the_longest_window(
    longest_s: int,
) -> None:
    """A low target buys pods for bursts for long; the operator's window has the last word."""
    policy = replace(POLICY, target_pct=30, down_window_s=30, longest_window_s=longest_s)
    service = Service(2)
    service.run(600, lambda _: 0.1, policy=policy)
    service.run(120, lambda _: 5.0, policy=policy)
    most = service.replicas
    assert most > 10
    service.sizes.clear()
    kept = service.run(40, lambda _: 0.0, policy=policy)
    assert "Bursts" in kept.reasons
    assert "WithinTolerance" not in kept.reasons, "CPU is far below the target"
    service.run(1500, lambda _: 0.0, policy=policy)
    assert service.sizes == sorted(service.sizes, reverse=True)
    left = 2 * service.sizes.index(1)
    assert longest_s * 0.9 < left < longest_s + 30 + 300, "ten steps of 30 s each at most"


def rough(second: int) -> float:
    """Samples of 1.6 and 2.4 cores in turn."""
    return 1.6 if second // SAMPLE_S % 2 else 2.4


def test_rough_samples_are_followed_less_closely() -> None:
    above = 3.4  # of four cores at a target of 80 %: within a tenth, not within three hundredths
    smooth, scattered = Service(4), Service(4)
    smooth.run(600, lambda _: 2.0, follow=False)
    scattered.run(600, rough, follow=False)
    assert smooth.run(2, lambda _: above).replicas == 5
    assert scattered.run(2, lambda _: above).replicas == 4
    named = replace(POLICY, tolerance_up=0.03)
    assert scattered.run(2, lambda _: above, policy=named).replicas == 5, "who names one has it"


def test_how_rough_samples_are_outlasts_a_scaler_and_ends_with_them() -> None:
    service = Service(4)
    service.run(600, rough, follow=False)
    assert service.state
    assert service.state.measured
    demand, usage = service.state.measured.demand, service.state.usage
    kept = Usage.from_json(json.loads(json.dumps(usage.to_json())))
    for each in (usage, kept):
        assert each.up_permille(POLICY, demand, 10.0) == 1187, "just below the limit"
        assert each.up_permille(POLICY, demand, 60.0) == 1150, "who starts slowly is asked sooner"
    service.run(900, lambda _: 2.0, follow=False)
    assert service.state.usage.up_permille(POLICY, demand, 10.0) == 1030


def test_rough_samples_are_no_reason_to_leave_pods_at_their_limit() -> None:
    high = replace(POLICY, target_pct=90)
    service = Service(4)
    service.run(600, rough, follow=False, policy=high)
    assert service.state
    service.state = changed(service.state, surges=(1.0,) * 9)  # overloads have hidden nothing
    decision = service.run(60, lambda _: 4.0, policy=high)
    assert decision.replicas > 4, decision.reasons


def test_a_foreseen_size_is_held_until_another_pod_could_start_twice() -> None:
    need = Need(2, foreseen_m=1000)
    for start_s, seconds in ((10.0, 34.5), (60.0, 120.0), (240.0, 230.0)):
        assert steps.window(POLICY, need, start_s) == seconds
    by_requests = changed(need, signal="arrivals")
    assert steps.window(POLICY, by_requests, 240.0) == pytest.approx(76.7, abs=0.1)
    assert steps.window(POLICY, changed(need, foreseen_m=None), 10.0) == 230.0


def test_a_gap_makes_a_beginning() -> None:
    service = Service(4)
    service.run(300, lambda _: 2.0)
    assert service.state
    assert service.state.usage.forecast.age >= 200
    service.now += 200
    service.run(2, lambda _: 2.0)
    assert service.state.usage.forecast.age == 15


def test_a_successor_goes_on_from_what_was_foretold() -> None:
    service = Service(4)
    service.run(1200, waves)
    assert service.state
    usage = service.state.usage
    again = Usage.from_json(json.loads(json.dumps(usage.to_json())))
    assert again.sampled == usage.sampled
    assert again.forecast.blur == usage.forecast.blur
    one, other = again.forecast.shortages, usage.forecast.shortages
    assert [most for most, _ in one] == [most for most, _ in other]
    assert max(abs(a - b) for (_, a), (_, b) in zip(one, other, strict=True)) < 0.002


def test_where_requests_tell_the_cpu_its_samples_foretell_nothing() -> None:
    state, arrivals, past = None, 0.0, []
    for second in range(0, 200, 2):
        rate, now = 10.0 + second % 15, NOW + second
        arrivals += 2 * rate
        past.append(rate)
        load = Load(now, 5, 0, arrivals, arrivals / 2)
        members = pods([round(10 * fmean(past[-5:]))] * 4, limit_m=1000, now=now)
        _, state = responsive(observe(members, load=load), POLICY, state, now)
    assert state
    assert state.traffic.tells_cpu
    assert state.usage.forecast.age < 60
