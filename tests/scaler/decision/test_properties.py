"""What must hold for policy `responsive` whatever it is shown."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from scaler.decision import Action, Container, Pod, Policy, Sample, restored
from scaler.decision.policy import RESPONSIVE
from tests.scaler.decision.build import NOW, Shown, ask, observe, pods, responsive, settled

usages = st.one_of(st.none(), st.integers(0, 5000))
containers = st.builds(
    Container,
    st.sampled_from(["app", "side"]),
    st.one_of(st.none(), st.integers(0, 2000)),
    st.one_of(st.none(), st.integers(0, 2000)),
)
ages = st.floats(-30, 4000)
members = st.builds(
    lambda phase, deleted, ready, started, transitioned, parts, sample, window, used: Shown(
        Pod(
            "p",
            phase,
            deleted,
            ready,
            None if started is None else NOW - started,
            None if transitioned is None else NOW - transitioned,
            tuple(parts),
        ),
        None if sample is None else Sample(NOW - sample, window, used),
    ),
    st.sampled_from(["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
    st.booleans(),
    st.sampled_from(["True", "False", "Unknown", None]),
    st.one_of(st.none(), ages),
    st.one_of(st.none(), ages),
    st.lists(containers, max_size=2),
    st.one_of(st.none(), ages),
    st.floats(-1, 60),
    st.dictionaries(st.sampled_from(["app", "side"]), usages),
)
policies = st.builds(
    lambda low, span, target, factor, tolerance: Policy(
        min_replicas=low,
        max_replicas=low + span,
        target_pct=target,
        saturation_factor=factor,
        tolerance_up=tolerance,
    ),
    st.integers(1, 5),
    st.integers(0, 30),
    st.integers(1, 200),
    st.integers(1, 4),
    st.floats(0, 1),
)


def _numbered(listed: list[Shown]) -> tuple[Shown, ...]:
    return tuple(one.but(name=f"p{index}") for index, one in enumerate(listed))


@given(policies, st.lists(st.lists(members, max_size=6), max_size=3), st.integers(0, 40))
def test_bounds_hold_and_invalid_means_unchanged(
    policy: Policy, rounds: list[list[Shown]], replicas: int
) -> None:
    state = None
    for step, listed in enumerate(rounds):
        observation = observe(_numbered(listed), replicas)
        decision, state = responsive(observation, policy, state, NOW + 2 * step)
        if replicas == 0 or not decision.valid:
            assert decision.replicas == replicas
        else:
            assert policy.min_replicas <= decision.replicas <= policy.max_replicas
        assert len(decision.pods) in (0, len(listed))
        assert restored(RESPONSIVE, state.to_json()).to_json() == state.to_json()
        replicas = decision.replicas


@given(st.lists(members, max_size=6), policies)
@settings(max_examples=60)
def test_without_samples_nothing_shrinks(listed: list[Shown], policy: Policy) -> None:
    blind = tuple(replace(one, sample=None) for one in _numbered(listed))
    decision = ask(blind, policy, spec=policy.max_replicas, error="gone")
    assert decision.action is not Action.DOWN


loads = st.lists(st.integers(0, 1500), min_size=1, max_size=10)


@given(loads, st.integers(0, 9), st.integers(0, 1500), st.sampled_from([None, 1000]))
def test_more_load_never_means_fewer_replicas(
    load: list[int], which: int, more: int, limit_m: int | None
) -> None:
    policy = Policy(max_replicas=100)
    index = which % len(load)
    raised = [used + more if i == index else used for i, used in enumerate(load)]
    before = ask(pods(load, limit_m=limit_m), policy)
    after = ask(pods(raised, limit_m=limit_m), policy)
    assert after.replicas >= before.replicas


@given(st.integers(50, 9000), st.integers(1, 10), st.integers(20, 100))
@settings(max_examples=30)
def test_constant_load_settles_without_oscillation(work_m: int, start: int, target: int) -> None:
    policy, state, replicas = Policy(target_pct=target, max_replicas=500), None, start
    directions = []
    for second in range(0, 1800, 10):
        now = NOW + second
        each, more = divmod(work_m, replicas)  # rounded up for all, it would be another load
        shares = [each + (pod < more) for pod in range(replicas)]
        observation = observe(pods(shares, now=now), replicas)
        decision, state = responsive(observation, policy, state, now)
        if decision.action is not Action.NONE:
            directions.append(decision.action)
            replicas = decision.replicas
    assert len(set(directions)) <= 1
    assert work_m <= replicas * 10 * target * 1.03 + replicas


@given(loads, st.lists(st.integers(0, 1500), min_size=1, max_size=10), st.integers(0, 119))
def test_a_restart_never_shrinks_for_one_window(
    before: list[int], after: list[int], later: int
) -> None:
    """Neither with the state stored nor without it."""
    spec = len(before)
    first = observe(pods(before))
    decision, stored = responsive(first, Policy(), None, NOW)
    now = NOW + later
    shown = pods((after * spec)[: decision.replicas], now=now)
    known = restored(RESPONSIVE, stored.to_json())
    assert ask(shown, state=known, spec=decision.replicas, now=now).replicas >= spec
    anew = ask(shown, state=None, spec=decision.replicas, now=now)
    assert anew.replicas >= decision.replicas


@given(loads, st.floats(0, 59))
def test_a_burst_never_shrinks(load: list[int], later: float) -> None:
    policy = Policy(target_pct=40)
    hot = [used + 800 for used in load]
    decision, state = responsive(observe(pods(hot)), policy, None, NOW)
    now = NOW + later
    calm = pods([0] * decision.replicas, now=now)
    assert ask(calm, policy, state, spec=decision.replicas, now=now).replicas >= decision.replicas


@given(st.integers(1, 8), st.integers(0, 300), st.floats(61, 89))
def test_growth_by_a_guess_is_never_taken_back_within_the_window(
    spec: int, calm: int, later: float
) -> None:
    policy = Policy(max_replicas=100)
    full = observe(pods([1000] * spec, limit_m=1000))
    decision, state = responsive(full, policy, settled(), NOW)
    grown = decision.replicas
    assert grown > spec
    for now in (NOW + 40, NOW + later):
        shown = observe(pods([calm] * grown, limit_m=1000, now=now))
        decision, state = responsive(shown, policy, state, now)
        assert decision.replicas == grown
