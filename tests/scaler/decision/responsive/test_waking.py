"""Growth for requests that wait while no pod can be measured, as after a wake."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scaler.decision import Action, Decision, Load, Policy
from scaler.decision.responsive.price import Price
from scaler.decision.responsive.state import ResponsiveState
from scaler.decision.responsive.traffic import Count, Traffic
from tests.scaler.decision.build import NOW, observe, pod, responsive

if TYPE_CHECKING:
    from tests.scaler.decision.build import Shown

COST_M = 100  # of a request
START_S = 10.0
POLICY = Policy(max_replicas=20, target_pct=50, warm_up_s=START_S)


LEARNT = Price().learn(5.0, 5 * COST_M)


def woken(price: Price, **fields: object) -> ResponsiveState:
    """A service that has served before, and whose gateways have told twice since it woke that
    twenty requests a second come."""
    counts = (Count(NOW - 4, 100.0, 50.0), Count(NOW - 2, 140.0, 50.0, 40))
    state = ResponsiveState(decided=NOW - 2, served=True, traffic=Traffic(counts, price=price))
    return replace(state, **fields)  # type: ignore[arg-type]


def starting(*, ready: str | None = "False", usage_m: int | None = None) -> Shown:
    return pod("p0", usage_m, ready=ready, age_s=6.0, ready_age_s=2.0)


def ask(
    state: ResponsiveState,
    member: Shown | None = None,
    load: Load | None = Load(NOW, 0, 80, 180.0, 50.0),  # noqa: B008
    policy: Policy = POLICY,
) -> Decision:
    return responsive(observe([member or starting()], load=load), policy, state, NOW)[0]


def test_what_waits_and_what_comes_sizes_a_service_before_its_first_sample() -> None:
    """Twenty requests a second of 100m, and eighty that wait to be done within fifteen seconds:
    2.533 cores, of which a pod of one core takes half."""
    decision = ask(woken(LEARNT), policy=replace(POLICY, up_factor=20))
    assert decision.action is Action.UP
    assert decision.raw == 6
    assert decision.reasons[:2] == ("Waiting", "Arrivals")


def test_one_step_goes_no_further_than_any_other() -> None:
    decision = ask(woken(LEARNT))
    assert decision.replicas == 5
    assert "UpStep" in decision.reasons


def test_who_starts_slowly_may_take_as_long_for_what_waits() -> None:
    """Pods that start in four minutes would come too late for what waits now."""
    slow = replace(POLICY, warm_up_s=240.0, up_factor=20)
    decision = ask(woken(LEARNT), policy=slow)
    assert decision.raw == 5, "twenty a second, and a third of one more"


def test_it_counts_until_the_first_sample_of_a_ready_pod() -> None:
    quiet = Load(NOW, 40, 0, 180.0, 50.0)
    decision = ask(woken(LEARNT), starting(ready="True"), quiet)
    assert decision.replicas == 4
    assert decision.reasons == ("Arrivals",)


@pytest.mark.parametrize(
    ("state", "load"),
    [
        (woken(LEARNT, served=False), Load(NOW, 0, 80, 180.0, 50.0)),
        (woken(Price()), Load(NOW, 0, 80, 180.0, 50.0)),
        (woken(LEARNT), None),
        (woken(LEARNT), Load(NOW, 0, 0, 140.0, 50.0)),
    ],
    ids=["never served", "cost unknown", "no gateway", "nothing comes"],
)
def test_nothing_grows_without_a_reason(state: ResponsiveState, load: Load | None) -> None:
    if load is not None and not load.waiting:
        counts = (Count(NOW - 40, 140.0, 50.0), Count(NOW - 2, 140.0, 50.0))
        state = replace(state, traffic=replace(state.traffic, counts=counts))
    decision = ask(state, load=load)
    assert decision.action is Action.NONE
    assert decision.replicas == 1


def test_more_of_what_crashes_does_not_help() -> None:
    crashing = starting().but(waiting="CrashLoopBackOff")
    decision = ask(woken(LEARNT), crashing)
    assert decision.action is Action.NONE
    assert decision.reasons[0] == "CrashLoop"


def test_cpu_that_does_not_count_sizes_nothing() -> None:
    assert ask(woken(LEARNT), policy=replace(POLICY, count_cpu=False)).action is Action.NONE


def test_a_price_is_learnt_from_pods_at_their_limit() -> None:
    """Fifty a second come, and ten of them are done, by one core."""
    traffic = Traffic((Count(0.0, 0.0, 0.0), Count(10.0, 500.0, 900.0, 400)))
    after = traffic.measured(1000, 1.0, 0.0, 10.0, capped=True)
    assert after.price.cost_m == COST_M
    assert not after.fit.weight, "what comes does not tell it"
    assert Traffic.from_json(after.to_json()).price == after.price
