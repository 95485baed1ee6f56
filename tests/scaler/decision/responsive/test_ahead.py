"""Sizes by the requests that come, through whole decisions every two seconds."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from scaler.decision import Decision, Load, Policy
from scaler.decision.responsive.state import ResponsiveState
from tests.scaler.decision.build import NOW, observe, pods, responsive

if TYPE_CHECKING:
    from collections.abc import Callable

COST_M = 100  # of a request
POLICY = Policy(max_replicas=50)


class Service:
    """Pods that use `cost` a request at once, and have a sample of the last ten seconds."""

    def __init__(self, replicas: int, policy: Policy = POLICY) -> None:
        self.replicas, self.policy = replicas, policy
        self.state: ResponsiveState | None = None
        self.now, self.arrivals, self.seconds = NOW, 0.0, 0.0
        self.cost_m: float = COST_M
        self.past: list[float] = []

    def run(self, seconds: int, rate: Callable[[int], float], follow: bool = False) -> Decision:
        """Decisions while `rate(second)` requests a second come; the last of them."""
        for second in range(0, seconds, 2):
            self.now += 2
            self.arrivals += 2 * rate(second)
            self.seconds += rate(second)  # each is in flight for half a second
            self.past.append(rate(second) * self.cost_m)
            recent = self.past[-5:]
            used = round(sum(recent) / len(recent) / self.replicas)
            members = pods([min(used, 1000)] * self.replicas, limit_m=1000, now=self.now)
            load = Load(self.now, round(rate(second) / 2), 0, self.arrivals, self.seconds)
            seen = observe(members, load=load)
            decision, self.state = responsive(seen, self.policy, self.state, self.now)
            if follow:
                self.replicas = decision.replicas
        return decision

    def told_m(self, rate: float) -> float:
        """The CPU that `rate` requests a second take, as far as is known."""
        assert self.state
        return self.state.traffic.told.used_m(rate)


def varied(_: int, random: Random = Random(7)) -> float:  # noqa: B008
    """Twenty a second, more or less."""
    return float(random.randint(14, 26))


def test_a_rise_is_met_before_its_cpu_is_measured() -> None:
    service = Service(4)
    service.run(300, varied)
    decision = service.run(12, lambda _: 60.0)
    assert decision.signal
    assert decision.signal.name == "arrivals"
    assert {"Arrivals", "Bursts"} & set(decision.reasons)
    assert decision.replicas >= 7


def test_the_cpu_that_bursts_may_call_for_is_told() -> None:
    service = Service(4)
    young = service.run(10, varied).signal
    assert young
    assert young.foreseen_m is None, "a forecast from a few seconds is none"
    signal = service.run(300, varied).signal
    assert signal
    assert signal.foreseen_m is not None
    assert signal.demand_m < signal.foreseen_m < 2 * signal.demand_m


def test_bursts_that_recur_are_provided_for_between_them() -> None:
    """Ten seconds in every sixty of five times as many: over before anybody could answer."""
    service = Service(6)
    decision = service.run(1200, lambda s: 50.0 if s % 60 < 10 else 10.0, follow=True)
    assert decision.replicas >= 5
    dear = Service(6, Policy(max_replicas=50, target_pct=95))
    cheap = dear.run(1200, lambda s: 80.0 if s % 600 < 4 else 10.0, follow=True)
    assert cheap.replicas <= 3, "too rare to be worth pods all the time"


def test_what_is_kept_for_bursts_goes_when_no_request_has_come_for_the_longest_window() -> None:
    """A low target buys pods for bursts for long; the operator's window has the last word."""
    policy = Policy(max_replicas=50, target_pct=30, down_window_s=30, longest_window_s=100)
    service, random = Service(2, policy), Random(5)
    service.run(900, lambda _: float(random.randint(14, 26)), follow=True)
    kept = service.run(60, lambda _: 0.0, follow=True)
    assert kept.replicas >= 3
    assert kept.signal
    assert kept.signal.name == "arrivals"
    assert "Bursts" in kept.reasons
    assert "WithinTolerance" not in kept.reasons
    assert "Bursts" not in service.run(50, lambda _: 0.0, follow=True).reasons
    assert service.run(90, lambda _: 0.0, follow=True).replicas == 1


def test_a_steady_load_costs_what_its_target_says_and_a_pod_for_chance() -> None:
    service = Service(9)
    decision = service.run(1500, lambda _: 24.0, follow=True)
    assert decision.replicas in (3, 4)


def test_requests_that_have_become_dearer_are_seen_in_the_cpu() -> None:
    service = Service(4)
    service.run(300, varied)
    service.cost_m = 3 * COST_M
    assert service.run(12, varied, follow=True).replicas >= 6, "at once, by CPU"
    assert service.run(48, varied, follow=True).replicas >= 8, "when their cost is known anew"
    service.run(120, varied, follow=True)
    assert service.told_m(20) > 2.5 * 20 * COST_M


@pytest.mark.parametrize("known_s", [24, 30, 36, 300])
@pytest.mark.parametrize(("cheap", "dear"), [(2.0, 20.0), (20.0, 2.0)], ids=["many", "few"])
def test_pods_at_their_limit_are_not_called_idle_for_requests_that_were_cheap(
    known_s: int, cheap: float, dear: float
) -> None:
    """What pods at their limit use does not tell what a request takes, so nothing new is learnt:
    but it is more than what is known of requests could explain."""
    service = Service(1)
    service.cost_m = 0.1
    service.run(known_s, lambda _: cheap)
    service.cost_m, service.past = 3000 / dear, [3000.0] * 5
    assert service.run(40, lambda _: dear, follow=True).replicas >= 4


def test_nobody_is_told_of_dearer_requests_while_none_come() -> None:
    service = Service(4)
    service.run(300, varied)
    service.cost_m = 3 * COST_M
    told = ("Dearer" in service.run(2, varied, follow=True).reasons for _ in range(10))
    assert any(told)
    assert "Dearer" not in service.run(60, lambda _: 0.0, follow=True).reasons


def test_requests_that_have_become_cheaper_need_fewer_pods() -> None:
    service = Service(8)
    service.cost_m = 3 * COST_M
    service.run(300, varied)
    service.cost_m = COST_M
    service.run(180, varied, follow=True)
    assert service.told_m(20) < 1.3 * 20 * COST_M


def test_when_all_cease_at_once_half_of_the_size_waits_for_them() -> None:
    service = Service(8)
    service.run(800, lambda s: 60.0 + s % 7, follow=True)
    size = service.replicas
    assert size >= 7
    decision = service.run(240, lambda _: 0.0, follow=True)
    assert size // 2 <= decision.replicas < size
    assert "Silence" in decision.limits
    assert service.run(700, lambda _: 0.0, follow=True).replicas == 1


@pytest.mark.parametrize(("before_s", "busy_s", "rate"), [(4, 150, 4), (40, 150, 4), (120, 90, 2)])
def test_nothing_grows_for_bursts_while_nothing_comes(
    before_s: int, busy_s: int, rate: int
) -> None:
    """A load that has just ended is foreseen for a while, but is no reason to grow."""
    service = Service(1)
    service.cost_m = 1000
    service.run(before_s, lambda _: 0.0, follow=True)
    service.run(busy_s, lambda _: rate, follow=True)
    sizes = [service.replicas]
    for _ in range(300):
        sizes.append(service.run(2, lambda _: 0.0, follow=True).replicas)
    assert sizes == sorted(sizes, reverse=True)


def test_a_server_that_works_on_something_else_is_told_though_requests_come() -> None:
    service = Service(3)
    service.cost_m = 1e6  # whatever comes, it is at its limit
    decision = service.run(200, lambda s: 0.5 + s % 3 / 10)
    assert "CpuDoesNotFollow" in decision.reasons
    busy = Service(3)
    assert "CpuDoesNotFollow" not in busy.run(200, lambda s: 28.0 + s % 3).reasons
