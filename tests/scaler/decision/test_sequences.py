"""What must hold for policy `responsive` over any sequence of observations."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaler.decision import Action, Decision, Load, Policy
from scaler.decision.responsive.state import ResponsiveState
from tests.scaler.decision.build import NOW, observe, pod, responsive

if TYPE_CHECKING:
    from tests.scaler.decision.build import Shown

Member = tuple[int, int | None, str]
"""CPU and limit in milliCPU, and what the pod is."""
Step = tuple[float, list[Member], tuple[int, int] | None]
"""Seconds since the step before, the pods, and requests in flight and waiting at the gateway."""

members = st.tuples(
    st.integers(0, 3000),
    st.sampled_from([None, 500, 1000, 2000]),
    st.sampled_from(["ready", "ready", "ready", "warming", "missing", "stale", "busy", "pending"]),
)
steps = st.lists(
    st.tuples(
        st.sampled_from([1.0, 2.0, 2.0, 10.0, 30.0, 100.0, 800.0]),
        st.lists(members, min_size=1, max_size=8),
        st.one_of(st.none(), st.tuples(st.integers(0, 100), st.integers(0, 100))),
    ),
    min_size=1,
    max_size=10,
)
policies = st.builds(
    lambda low, span, target, wanted, windows: Policy(
        min_replicas=low,
        max_replicas=low + span,
        target_pct=target,
        in_flight_target=wanted,
        down_window_s=windows[0],
        longest_window_s=windows[1],
    ),
    st.integers(1, 4),
    st.integers(0, 40),
    st.integers(5, 120),
    st.sampled_from([None, None, None, 4]),
    st.sampled_from([(90.0, 700.0), (1.0, 3.0)]),
)
walks = st.tuples(policies, steps, st.integers(1, 40))


def _pod(index: int, member: Member, now: float) -> Shown:
    usage, limit_m, kind = member
    name = f"p{index}"
    if kind == "warming":
        return pod(name, usage, limit_m=limit_m, age_s=30, ready_age_s=8, now=now)
    if kind == "stale":
        return pod(name, usage, limit_m=limit_m, sample_age_s=500, now=now)
    if kind == "busy":
        return pod(name, usage, limit_m=limit_m, ready="False", now=now)
    if kind == "pending":
        return pod(name, None, phase="Pending", ready=None, now=now)
    return pod(name, None if kind == "missing" else usage, limit_m=limit_m, now=now)


class Walk:
    """One service from decision to decision; `decisions` and `states` are those after each."""

    def __init__(
        self,
        walk: tuple[Policy, list[Step], int],
        *,
        shift: float = 0.0,
        backwards: bool = False,
        stored: bool = False,
    ) -> None:
        policy, sequence, replicas = walk
        state, now = None, NOW + shift
        self.decisions: list[Decision] = []
        self.states: list[ResponsiveState] = []
        for seconds, listed, load in sequence:
            now += seconds
            seen = [_pod(index, member, now) for index, member in enumerate(listed)]
            requests = Load(now, *load) if load else None
            observation = observe(reversed(seen) if backwards else seen, replicas, requests)
            decision, state = responsive(observation, policy, state, now)
            if stored:
                state = ResponsiveState.from_json(json.loads(json.dumps(state.to_json())))
            self.decisions.append(decision)
            self.states.append(state)
            replicas = decision.replicas

    @property
    def outline(self) -> list[tuple[int, bool, tuple[str, ...]]]:
        """Without what depends on the order or the clock."""
        return [(each.replicas, each.valid, each.reasons) for each in self.decisions]


@given(walks)
def test_the_order_of_pods_does_not_matter(walk: tuple[Policy, list[Step], int]) -> None:
    assert Walk(walk).outline == Walk(walk, backwards=True).outline


@given(walks, st.sampled_from([-900_000.0, 3.0, 1e8]))
def test_only_differences_of_times_matter(
    walk: tuple[Policy, list[Step], int], shift: float
) -> None:
    assert Walk(walk).outline == Walk(walk, shift=shift).outline


@given(walks)
def test_a_state_that_was_stored_between_decisions_changes_none(
    walk: tuple[Policy, list[Step], int],
) -> None:
    assert Walk(walk).decisions == Walk(walk, stored=True).decisions


@given(walks)
@settings(max_examples=200)
def test_steps_down_are_small_apart_and_never_in_a_burst_or_soon_after_growth(
    walk: tuple[Policy, list[Step], int],
) -> None:
    policy, sequence, _ = walk
    walked = Walk(walk)
    now, last, grew = NOW, float("-inf"), float("-inf")
    for (seconds, _, _), decision, state in zip(
        sequence, walked.decisions, walked.states, strict=True
    ):
        now += seconds
        if decision.action is Action.UP and decision.current >= policy.min_replicas:
            grew = now
        if decision.action is not Action.DOWN or decision.current > policy.max_replicas:
            continue
        assert decision.valid
        assert decision.current - decision.replicas <= max(1, decision.current * 34 // 100)
        assert now - last >= policy.down_step_period_s
        assert now - grew >= policy.down_window_s
        assert state.burst_until is None or now >= state.burst_until
        last = now


@pytest.mark.parametrize("seed", range(3))
def test_memory_is_bounded_however_wild_the_load(seed: int) -> None:
    pick = random.Random(seed).randrange
    sequence: list[Step] = [
        (float(pick(1, 12)), [(pick(0, 2500), None, "ready") for _ in range(3)], None)
        for _ in range(1500)
    ]
    walked = Walk((Policy(max_replicas=100), sequence, 3))
    assert max(len(json.dumps(state.to_json())) for state in walked.states) < 8 * 1024
