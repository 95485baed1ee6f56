"""Policy `hpa` over time: what single cases cannot show."""

from __future__ import annotations

from scaler.decision import HPA, Action, Behavior, HpaOptions, Policy, Rate, Rules, State, decide
from tests.scaler.decision.build import NOW, observe, pods

V1 = Policy(name=HPA)


def _step(
    policy: Policy, state: State | None, usage: int, spec: int, now: float
) -> tuple[int, State]:
    decision, state = decide(observe(pods([usage] * spec, now=now)), policy, state, now)
    return decision.replicas, state


def test_a_restart_holds_the_size_for_one_window() -> None:
    state, replicas = None, 6
    for second in range(0, 316, 15):
        replicas, state = _step(V1, state, 100, replicas, NOW + second)
        if second < 300:
            assert replicas == 6
    assert replicas == 1


def test_rates_count_the_changes_of_their_period() -> None:
    behavior = Behavior(up=Rules(0.0, (Rate("Pods", 2, 60.0),)))
    policy = Policy(name=HPA, max_replicas=50, hpa=HpaOptions(behavior=behavior))
    state, replicas, sizes = None, 1, []
    for second in range(0, 121, 15):
        replicas, state = _step(policy, state, 2000, replicas, NOW + second)
        sizes.append(replicas)
    assert sizes == [3, 3, 3, 3, 5, 5, 5, 5, 7]


def test_reasons_limits_and_shares_are_told() -> None:
    decision, _ = decide(observe(pods([2000, 1000])), V1, None, NOW)
    assert (decision.action, decision.raw, decision.replicas) == (Action.UP, 4, 4)
    assert decision.reasons[0].endswith("above target")
    assert [view.share_pct for view in decision.pods] == [200, 100]
    assert decision.sample_age_s == 5.0
    capped, _ = decide(observe(pods([9000] * 6)), V1, None, NOW)
    assert capped.limits == ("TooManyReplicas",)
