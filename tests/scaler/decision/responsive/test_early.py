"""The first minute of a service whose requests nobody has measured yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.decision import Decision, Load, Policy
from scaler.decision.responsive.state import ResponsiveState
from tests.scaler.decision.build import NOW, Shown, observe, pod, pods, responsive

POLICY = Policy(max_replicas=20)


def crowd(
    members: tuple[Shown, ...],
    policy: Policy = POLICY,
    waiting: tuple[int, ...] = (30, 30, 30, 30),
    served: bool = True,
) -> Decision:
    """The last of some decisions two seconds apart, while so many requests wait."""
    state = ResponsiveState(decided=NOW - 2, served=served)
    for at, number in enumerate(waiting):
        now = NOW + 2 * at
        load = Load(now, 16, number, 100.0 + 20 * at, 50.0)
        decision, state = responsive(observe(members, load=load), policy, state, now)
    return decision


UNMEASURED = pods([None] * 2)


def test_who_waits_for_a_slot_gets_one_before_anything_is_measured() -> None:
    decision = crowd(UNMEASURED)
    assert decision.replicas == 4, "no more than twice what serves"
    assert decision.reasons == ("Waiting",)
    few = (4, 4, 4, 4)
    assert crowd(UNMEASURED, waiting=few).replicas == 4, "a quarter beside sixteen, at 80 %"
    whole = replace(POLICY, target_pct=100)
    assert crowd(UNMEASURED, whole, waiting=few).replicas == 3, "a quarter beside sixteen"


def test_pods_whose_cpu_tells_nothing_yet_count_by_their_slots() -> None:
    decision = crowd(pods([100] * 2))
    assert (decision.replicas, decision.reasons) == (4, ("Waiting",))
    assert decision.signal
    assert decision.signal.name == "slots"


def test_those_who_wait_hide_no_outage_of_the_metrics() -> None:
    named = replace(POLICY, fallback_replicas=8, fallback_after=3)
    decision = crowd(UNMEASURED, named, waiting=(4,) * 8)
    assert (decision.replicas, decision.reasons) == (8, ("Fallback",))
    assert decision.error == "no ready pod has a usable sample"


def test_where_cpu_does_not_count_nobody_shrinks_while_some_wait() -> None:
    spinning = (
        *pods([1000] * 2),
        *(pod(f"s{i}", None, ready="False", age_s=5.0, ready_age_s=5.0) for i in "abc"),
    )
    decision = crowd(spinning, replace(POLICY, count_cpu=False))
    assert (decision.replicas, decision.reasons) == (5, ("Waiting",))


def test_those_who_wait_have_a_moment_to_be_let_in() -> None:
    assert crowd(UNMEASURED, waiting=(30,)).replicas == 2
    assert crowd(UNMEASURED, waiting=(30, 30, 0, 30)).replicas == 2
    assert crowd(UNMEASURED, waiting=(30, 30)).replicas == 4
    awake = (pod("p0", None, age_s=10.0, ready_age_s=0.0),)
    assert crowd(awake, waiting=(30, 30)).replicas == 1, "it has only just become ready"


def test_pods_that_start_are_not_asked_for_twice() -> None:
    starting = (
        *UNMEASURED,
        *(pod(f"s{i}", None, ready="False", age_s=5.0, ready_age_s=5.0) for i in range(2)),
    )
    assert crowd(starting).replicas == 4


def test_more_of_what_falls_over_does_not_help() -> None:
    fallen = (*UNMEASURED, pod("p9", None, ready="False", age_s=95.0, ready_age_s=3.0))
    assert crowd(fallen).replicas == 3


def test_an_operators_word_on_slots_wins() -> None:
    assert crowd(UNMEASURED, replace(POLICY, in_flight_target=100)).replicas == 2


def test_nothing_grows_for_pods_of_which_none_has_served() -> None:
    unready = tuple(pod(f"p{i}", None, ready="False", age_s=40.0, ready_age_s=39.0) for i in "ab")
    assert crowd(unready, served=False).replicas == 2


@pytest.mark.parametrize("joining", [False, True])
def test_the_first_samples_of_pods_at_their_limit_price_a_request(joining: bool) -> None:
    """Two pods do two requests of a core-second in each second, and six more come and wait; with a
    pod that has served for the second half of the samples, two and a half."""
    state, decision = ResponsiveState(decided=NOW - 2, served=True), None
    done = 2.5 if joining else 2.0
    for second in range(0, 62, 2):
        now = NOW + second
        load = Load(now, 16, round((8 - done) * second), 8.0 * second, 16.0 * second)
        members = [*pods([1000] * 2, limit_m=1000, now=now)]
        if joining:
            half = pod("p9", None, limit_m=1000, age_s=30.0, ready_age_s=12.5, now=now)
            members.append(half)
        if second < 20:
            members = [replace(each, sample=None) for each in members]
        decision, state = responsive(observe(members, load=load), POLICY, state, now)
    assert decision
    assert state.traffic.told.cost_m == pytest.approx(1000, rel=0.1)
    assert not state.traffic.fit.believed
    assert decision.signal
    assert decision.signal.name == "arrivals"
    assert decision.replicas >= 8
