"""Policy `responsive`, a rule at a time, through the public entry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.decision import (
    Action,
    Container,
    Load,
    PodClass,
    Policy,
    restored,
)
from scaler.decision.policy import RESPONSIVE
from scaler.decision.responsive.state import DemandReturn, Recommendation, ResponsiveState
from tests.scaler.decision.build import (
    NOW,
    SETTLED,
    Shown,
    ask,
    observe,
    pod,
    pods,
    responsive,
    settled,
)

WIDE = Policy(max_replicas=100)
SMALL = Policy(max_replicas=5)
SURGED = settled(surges=(2.0,))


def test_growth_is_exactly_what_brings_the_target_back() -> None:
    decision = ask(pods([960, 960]), WIDE)  # 1.92 pods of work at 80 %: 2.4 pods
    assert (decision.action, decision.replicas) == (Action.UP, 3)
    assert decision.reasons == ("AboveTarget",)
    assert decision.utilisation_pct == 96


def test_arithmetic_is_exact_where_floats_round_up() -> None:
    policy = replace(WIDE, target_pct=50)
    assert ask(pods([560] * 25), policy).replicas == 28  # policy hpa says 29


def test_within_the_tolerance_nothing_is_done() -> None:
    assert ask(pods([820, 820])).action is Action.NONE
    assert ask(pods([830, 830])).replicas == 3


def test_pods_already_starting_are_counted() -> None:
    starting = [pod(f"s{i}", None, ready="False", age_s=5) for i in range(2)]
    decision = ask([*pods([960, 960, 960]), *starting], WIDE)
    assert decision.action is not Action.UP  # 3.6 pods are needed, five are asked for


def test_why_a_size_stays_is_told_by_what_is_measured() -> None:
    starting = pod("s", None, ready="False", age_s=5)
    hot = ask([*pods([960] * 4), starting], WIDE)  # 4.8 pods are needed, five are asked for
    assert (hot.action, hot.reasons) == (Action.NONE, ("Unmeasured",))
    young = pod("s", None, ready_age_s=5)
    careful = ask([*pods([640] * 3), young], WIDE)  # 2.4 by what is seen, 3.2 with the young one
    assert (careful.action, careful.reasons) == (Action.NONE, ("Unmeasured",))
    assert ask(pods([790] * 3), WIDE).reasons == ("WithinTolerance",)


def test_a_saturated_pod_counts_for_more_than_it_shows() -> None:
    decision = ask(pods([1000], limit_m=1000), WIDE, SURGED)
    assert decision.replicas == 3
    assert decision.reasons == ("AboveTarget", "Saturated")
    assert ask(pods([1000], limit_m=2000), WIDE, SURGED).replicas == 2


def test_usage_above_a_limit_that_does_not_bind_is_believed() -> None:
    assert ask(pods([3200], limit_m=1000), WIDE).replicas == 4


def test_saturation_grows_from_its_beginning_to_the_limit() -> None:
    """A pod on the brink is not taken for twice as busy as it is."""
    policy = Policy(max_replicas=100, up_factor=10)
    shown = [
        ask(pods([used] * 10, limit_m=1000), policy, SURGED).raw
        for used in (940, 950, 970, 990, 1000)
    ]
    assert shown == [
        12,
        12,
        18,
        23,
        25,
    ]  # at 80 %: 9.4, 9.5, 9.7 + 4, 9.9 + 8, 10 + 10 pods of work
    hard = replace(policy, saturated_pct=100)
    assert [ask(pods([u] * 10, limit_m=1000), hard, SURGED).raw for u in (999, 1000)] == [13, 25]


def test_a_few_saturated_pods_hide_only_their_own_demand() -> None:
    decision = ask(pods([1000, *[500] * 9], limit_m=1000), WIDE, SURGED)
    assert decision.raw == 9  # 5.5 pods of work are shown and 1 is hidden, at 80 %


def test_one_step_up_is_bounded() -> None:
    decision = ask(pods([30_000]), WIDE)
    assert decision.raw == 38
    assert decision.replicas == 5
    assert "UpStep" in decision.limits


def test_start_up_cpu_is_masked() -> None:
    fresh = pod("new", 1000, age_s=40, ready_age_s=12)
    decision = ask([*pods([600, 600]), fresh])
    assert decision.pods[-1].pod_class is PodClass.WARMING
    assert decision.utilisation_pct == 60
    assert decision.action is Action.NONE


def test_a_configured_warm_up_masks_a_pod_that_was_ready_at_once() -> None:
    fresh = pod("new", 1000, age_s=60, ready_age_s=60)
    policy = Policy(warm_up_s=50)
    assert ask([fresh], policy).pods[0].pod_class is PodClass.WARMING
    assert ask([fresh]).pods[0].pod_class is PodClass.READY


def test_a_container_without_request_is_measured_against_its_limit_or_the_default() -> None:
    limited = ask([pod("a", 450, request_m=None, limit_m=500)])
    assert limited.utilisation_pct == 90
    assert limited.pods[0].detail == "no CPU request: app"
    bare = pod("b", 720).but(containers=(Container("app", 900), Container("x")))
    decision = ask([bare, *pods([900])])
    assert [view.pod_class for view in decision.pods] == [PodClass.MISSING, PodClass.READY]
    assert ask([pod("c", 90, request_m=None)]).utilisation_pct == 90


def test_rollout_surge_does_not_inflate() -> None:
    spread = pods([640] * 5)  # four pods at 80 %, spread over five
    assert ask(spread, spec=4).action is Action.NONE
    old = [pod(f"o{i}", 640, deleted=True) for i in range(2)]
    assert ask([*spread, *old], spec=4).action is Action.NONE


def test_all_pods_unready_and_busy_is_overload() -> None:
    busy = [pod(f"p{i}", 950, ready="False", ready_age_s=60) for i in range(4)]
    decision = ask(busy)
    assert (decision.replicas, decision.reasons) == (6, ("Overload",))
    recently = settled(grown=NOW - 30)
    waiting = ask(busy, state=recently)
    assert (waiting.replicas, waiting.reasons) == (4, ("Loading", "OverloadPeriod"))
    assert waiting.held_until == NOW + 30
    idle = [pod(f"p{i}", 50, ready="False", ready_age_s=60) for i in range(4)]
    assert (ask(idle).replicas, ask(idle).reasons) == (4, ("Loading",))
    young = [pod(f"p{i}", 950, ready="False", age_s=20, ready_age_s=20) for i in range(4)]
    assert (ask(young).replicas, ask(young).reasons) == (4, ("Loading",))


@pytest.mark.parametrize(
    ("one", "detail"),
    [
        (pod("a", None), "no sample"),
        (pod("a", 100, sample_age_s=91), "stale sample"),
        (pod("a", 100, sample_age_s=-10), "absurd sample"),
    ],
)
def test_without_a_usable_sample_nothing_is_written(one: object, detail: str) -> None:
    decision = ask([one, one])  # type: ignore[list-item]
    assert not decision.valid
    assert decision.replicas == decision.current
    assert [view.detail for view in decision.pods] == [detail] * 2
    assert decision.reasons == ("NoUsableSamples",)


def test_fallback_replicas_after_failures_only_upwards() -> None:
    policy = Policy(fallback_replicas=5, fallback_after=3)
    state = settled()
    for expected in (2, 2, 5):
        observation = observe(pods([None, None]), error="the metrics API does not answer")
        decision, state = responsive(observation, policy, state, NOW)
        assert decision.replicas == expected
    assert decision.reasons == ("Fallback",)
    assert decision.error == "the metrics API does not answer"
    assert ask(pods([None] * 7), policy, replace(state, failures=9), error="gone").replicas == 7


def test_nothing_shrinks_while_pods_that_exist_are_not_seen() -> None:
    seen = pods([100, 100, 100])
    for exist, replicas in ((3, 2), (4, 3)):
        decision, _ = responsive(observe(seen, 3, exist=exist), Policy(), settled(), NOW)
        assert decision.replicas == replicas
    gone = pod("gone", 100, deleted=True)
    decision, _ = responsive(observe((*seen, gone), 3, exist=3), Policy(), settled(), NOW)
    assert decision.replicas == 2


def test_pods_too_busy_to_be_ready_are_not_taken_away() -> None:
    busy = [pod(f"p{index}", 990, ready="False", ready_age_s=300) for index in range(3)]
    assert ask([*busy, pod("p", 10)]).replicas == 4
    idle = [pod(f"p{index}", 5, ready="False", ready_age_s=300) for index in range(3)]
    assert ask([*idle, pod("p", 10)]).replicas == 3


def test_unseen_pods_are_taken_for_busy_before_a_step_down() -> None:
    decision = ask([*pods([300] * 4), pod("lost", None)])
    assert decision.replicas == 4  # 1.2 measured and 1.0 assumed need three, a step allows four
    lost = [pod(name, None, request_m=10) for name in "xy"]
    half = ask([*pods([10, 10]), *lost])
    assert (half.replicas, half.limits) == (4, ("SamplesMissing",))


def test_down_in_bounded_steps_to_a_projected_utilisation_below_the_target() -> None:
    decision = ask(pods([100] * 9))
    assert (decision.stabilised, decision.replicas) == (2, 6)
    assert decision.limits == ("DownStep",)
    assert ask(pods([500, 500])).replicas == 2  # one pod would be at 100 %


def test_steps_down_keep_their_distance() -> None:
    stepped = settled(shrunk=NOW - 20)
    decision = ask(pods([100] * 4), state=stepped)
    assert (decision.replicas, decision.limits) == (4, ("DownPeriod",))


def test_a_need_holds_for_the_window() -> None:
    state = settled(recommendations=(Recommendation(4, NOW - 229),))
    decision = ask(pods([100] * 4), state=state)
    assert (decision.action, decision.limits) == (Action.NONE, ("DownWindow",))
    later = settled(recommendations=(Recommendation(4, NOW - 231),))
    assert ask(pods([100] * 4), state=later).action is Action.DOWN


def test_the_window_grows_where_demand_comes_back() -> None:
    known = settled(
        recommendations=(Recommendation(4, NOW - 300),),
        returns=(DemandReturn(280.0, NOW - 500, 4),),
    )
    assert ask(pods([100] * 4), state=known).action is Action.NONE
    forgotten = replace(known, returns=(DemandReturn(280.0, NOW - 9000, 4),))
    assert ask(pods([100] * 4), state=forgotten).action is Action.DOWN


def test_the_first_decision_of_a_newcomer_never_shrinks() -> None:
    decision, state = responsive(observe(pods([10] * 8)), Policy(), None, NOW)
    assert decision.limits == ("DownWindow",)
    assert restored(RESPONSIVE, state.to_json()).to_json() == state.to_json()


def test_after_a_pause_the_longest_window_holds_the_size_found() -> None:
    away = settled(decided=NOW - 300, recommendations=(Recommendation(2, NOW - 300),))
    decision, state = responsive(observe(pods([100] * 4)), Policy(), away, NOW)
    assert decision.limits == ("DownWindow",)
    assert state.since == NOW
    for elapsed, action in ((690, Action.NONE), (701, Action.DOWN)):
        now = NOW + elapsed
        watched = replace(state, decided=now - 2)
        assert ask(pods([100] * 4, now=now), state=watched, now=now).action is action


def test_a_burst_never_shrinks() -> None:
    policy = Policy(target_pct=40, down_window_s=30)
    decision, state = responsive(observe(pods([800, 800])), policy, settled(), NOW)
    assert decision.replicas == 4
    calm = pods([100] * 4, now=NOW + 50)
    assert ask(calm, policy, state, now=NOW + 50).limits[-1] == "Burst"
    later = replace(state, decided=NOW + 59)
    after = ask(pods([100] * 4, now=NOW + 61), policy, later, now=NOW + 61)
    assert after.action is Action.DOWN


def test_growth_by_a_guess_is_given_back_but_a_measured_need_is_held() -> None:
    _, guessed = responsive(observe(pods([1000], limit_m=1000)), Policy(), settled(), NOW)
    calm = pods([300] * 3, limit_m=1000, now=NOW + 210)
    guessed = replace(guessed, decided=NOW + 228)
    assert ask(calm, state=guessed, now=NOW + 210).limits == ("RecentGrowth",)
    later = pods([300] * 3, limit_m=1000, now=NOW + 230)
    assert ask(later, state=guessed, now=NOW + 230).action is Action.DOWN
    _, measured = responsive(observe(pods([900, 900])), Policy(), settled(), NOW)
    measured = replace(measured, decided=NOW + 228)
    assert ask(later, state=measured, now=NOW + 230).limits == ("DownWindow",)


def test_the_gateways_signal_is_a_second_metric_and_the_larger_wins() -> None:
    policy = Policy(in_flight_target=4)
    load = Load(NOW - 1, in_flight=10, waiting=3)
    decision = ask(pods([100, 100]), policy, load=load)
    assert (decision.replicas, decision.reasons) == (4, ("GatewayLoad",))
    assert ask(pods([2000, 2000]), policy, load=load).replicas == 5
    near = replace(load, in_flight=103, waiting=0)
    many = replace(WIDE, in_flight_target=4)
    assert ask(pods([100] * 25), many, load=near).replicas == 25
    assert ask(pods([100] * 25), many, load=replace(near, in_flight=104)).replicas == 26
    unmeasured = ask(pods([None]), policy, load=load)
    assert (unmeasured.valid, unmeasured.replicas) == (True, 4)
    assert ask(pods([None] * 5), policy, load=load).replicas == 5
    old = replace(load, time=NOW - 60)
    assert ask(pods([100, 100]), policy, load=old).limits == ("GatewayMissing",)


def test_bounds_act_at_once_and_stopped_stays_stopped() -> None:
    policy = Policy(min_replicas=2, max_replicas=5)
    assert ask([], policy, spec=1).replicas == 2
    assert ask([], policy, spec=9).replicas == 5
    stopped = ask([], policy, spec=0)
    assert (stopped.replicas, stopped.reasons) == (0, ("ScalingDisabled",))
    limited = ask(pods([5000] * 3), policy)
    assert (limited.replicas, limited.limits) == (5, ("UpStep", "TooManyReplicas"))


def test_a_small_surplus_goes_only_after_the_longest_window() -> None:
    needed = settled(recommendations=(Recommendation(30, NOW - 300, 60.0),))
    one = ask(pods([760] * 30), WIDE, needed)  # 28.5 pods would do
    assert (one.replicas, one.stabilised, one.limits) == (30, 30, ("DownWindow",))
    worth = ask(pods([700] * 30), WIDE, needed)
    assert (worth.replicas, worth.limits) == (27, ())
    long_ago = settled(recommendations=(Recommendation(30, NOW - 701, 60.0),))
    assert ask(pods([760] * 30), WIDE, long_ago).replicas == 29


def test_at_the_minimum_nothing_but_the_minimum_holds() -> None:
    idle = ask(pods([0, 0]), Policy(min_replicas=2))
    assert (idle.raw, idle.replicas) == (0, 2)
    assert (idle.reasons, idle.limits) == (("BelowTarget", "TooFewReplicas"), ("TooFewReplicas",))


def test_a_container_list_that_is_empty_is_no_sample() -> None:
    bare = pod("a", 100).but(containers=())
    decision = ask([bare])
    assert (decision.valid, decision.pods[0].detail) == (False, "partial sample")


@pytest.mark.parametrize(
    ("members", "policy", "state", "able", "limited"),
    [
        (
            pods([100] * 4),
            Policy(),
            settled(recommendations=(Recommendation(4, NOW - 10),)),
            "ScaleDownStabilized",
            ("False", "DesiredWithinRange"),
        ),
        (pods([100] * 9), Policy(), settled(), "SucceededRescale", ("True", "ScaleDownLimit")),
        (pods([30_000]), WIDE, settled(), "SucceededRescale", ("True", "ScaleUpLimit")),
        (pods([5000] * 3), SMALL, settled(), "SucceededRescale", ("True", "TooManyReplicas")),
        (pods([0]), Policy(), settled(), "ReadyForNewScale", ("True", "TooFewReplicas")),
    ],
)  # fmt: skip
def test_conditions_read_like_an_hpas(
    members: tuple[Shown, ...],
    policy: Policy,
    state: ResponsiveState,
    able: str,
    limited: tuple[str, str],
) -> None:
    found = {c.type: (c.status, c.reason) for c in ask(members, policy, state).conditions}
    assert found == {
        "AbleToScale": ("True", able),
        "ScalingActive": ("True", "ValidMetricFound"),
        "ScalingLimited": limited,
    }


def test_a_pod_that_was_never_ready_is_not_overloaded() -> None:
    """It loads: CPU is what loading takes, and more pods would load too."""
    loading = pod("a", 950, ready="False", age_s=240, ready_age_s=239).but(running=NOW - 238)
    decision = ask([loading], Policy(max_replicas=20))
    assert (decision.replicas, decision.reasons) == (1, ("Loading",))
    unknown = loading.but(running=None)
    assert ask([unknown]).reasons == ("Loading",)
    again = loading.but(transitioned=NOW - 60, running=NOW - 50)
    assert ask([again]).reasons == ("Loading",)  # it was ready, and its container began anew
    lost = loading.but(transitioned=NOW - 60)
    assert ask([lost]).reasons == ("Overload",)


@pytest.mark.parametrize(
    ("waiting", "phase", "reason"),
    [
        ("CrashLoopBackOff", "Running", "CrashLoop"),
        ("ImagePullBackOff", "Pending", "Pending"),
        ("Unschedulable", "Pending", "Pending"),
    ],
)
def test_pods_that_do_not_run_are_told_and_not_multiplied(
    waiting: str, phase: str, reason: str
) -> None:
    member = pod("a", None, ready="False", phase=phase).but(waiting=waiting)
    for load in (None, Load(NOW, 50, 50)):
        decision = ask([member], Policy(in_flight_target=1), load=load)
        assert (decision.replicas, decision.reasons) == (1, (reason,))


def test_nothing_grows_before_a_pod_was_ready_whatever_the_gateway_counts() -> None:
    young = pod("a", None, ready="False", age_s=20, ready_age_s=19)
    assert ask([young], Policy(in_flight_target=1), load=Load(NOW, 0, 80)).replicas == 1
    served = ResponsiveState(decided=NOW - 2, served=True)
    assert ask([young], Policy(in_flight_target=1), served, load=Load(NOW, 0, 80)).replicas == 5


def test_a_target_that_pods_cannot_show_is_lowered() -> None:
    policy = Policy(target_pct=150)
    decision = ask(pods([940, 940], limit_m=1000), policy)
    assert (decision.target_pct, decision.replicas) == (90, 3)
    assert "TargetAboveLimit" in decision.reasons
    free = ask(pods([1400, 1400]), policy)
    assert (free.target_pct, free.replicas) == (150, 2)


def test_a_silent_gateway_lets_nothing_shrink() -> None:
    load = Load(NOW, 20, whole=False)
    decision = ask(pods([100] * 10), Policy(in_flight_target=5), load=load)
    assert (decision.replicas, decision.limits) == (10, ("GatewayPartial",))
    more = replace(load, in_flight=60)
    assert ask(pods([100] * 10), replace(WIDE, in_flight_target=5), load=more).replicas == 12


def test_cpu_that_does_not_count_is_not_looked_at() -> None:
    policy = Policy(count_cpu=False, in_flight_target=5)
    decision = ask(pods([1000] * 4), policy, load=Load(NOW, 5))
    assert (decision.raw, decision.replicas) == (1, 3)
    blind = ask(pods([1000] * 4), Policy(count_cpu=False))
    assert (blind.replicas, blind.valid) == (4, False)


def test_cpu_without_requests_is_told() -> None:
    state = SETTLED
    for second in range(0, 140, 2):
        at = NOW + second
        load = Load(at, 0, 0, 700.0, 30.0)
        decision, state = responsive(observe(pods([700], now=at), load=load), Policy(), state, at)
    assert "CpuDoesNotFollow" in decision.reasons


def test_a_larger_size_that_somebody_else_set_is_held_for_a_while() -> None:
    state = SETTLED.held(6, NOW - 100)
    decision, state = responsive(observe(pods([100] * 6)), Policy(), state, NOW)
    assert (decision.replicas, decision.limits) == (6, ("DownStep", "OperatorHold"))
    assert decision.held_until == NOW + 200
    assert restored(RESPONSIVE, state.to_json()).to_json() == state.to_json()
    later = replace(state, decided=NOW + 199)
    assert ask(pods([100] * 6, now=NOW + 201), state=later, now=NOW + 201).replicas < 6
    assert ask(pods([100] * 5), state=state).replicas == 4  # somebody made it smaller since


def test_pods_without_a_request_go_first() -> None:
    """Long requests: 60 s each in the mean."""
    state = SETTLED
    for second in range(0, 30, 2):
        load = Load(NOW + second, 3, 0, 10.0 + second / 60, 100.0 + second)
        seen = observe(pods([900] * 4, now=NOW + second), load=load)
        _, state = responsive(seen, Policy(), state, NOW + second)
    at = NOW + 30
    members = [replace(each, in_flight=1) for each in pods([100] * 4, now=at)]
    state = replace(state, recommendations=(), grown=None, burst_until=None)
    load = Load(at, 4, 0, 10.5, 130.0)
    decision, after = responsive(observe(members, load=load), Policy(), state, at)
    assert (decision.replicas, decision.limits) == (4, ("DownStep", "IdleWait"))
    assert decision.held_until == at + 120
    members[2] = replace(members[2], in_flight=0)
    decision, _ = responsive(observe(members, load=load), Policy(), after, at)
    assert decision.replicas == 3
    late = at + 121
    members = [replace(each, in_flight=1) for each in pods([100] * 4, now=late)]
    assert ask(members, state=replace(after, decided=late), now=late).replicas == 3
