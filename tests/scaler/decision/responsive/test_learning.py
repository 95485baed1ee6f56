"""What is learnt, in walks through the clock."""

from __future__ import annotations

from dataclasses import replace

from scaler.decision import Policy
from scaler.decision.responsive import learning
from scaler.decision.responsive.state import ResponsiveState
from tests.scaler.decision.build import NOW, observe, pod

POLICY = Policy()


def test_a_slow_loop_is_no_pause() -> None:
    slow = Policy(period=60)
    state = ResponsiveState(decided=NOW - 200)
    assert learning.begin(observe([], spec=4), slow, state, NOW).recommendations == ()
    assert learning.begin(observe([], spec=4), POLICY, state, NOW).recommendations != ()


def test_warm_up_is_the_median_of_the_starts_seen() -> None:
    state = ResponsiveState(decided=NOW - 2)
    assert learning.warm_up(POLICY, state) == 30.0
    for seconds in (10, 12, 300):
        started = pod("p", 1, age_s=seconds + 1, ready_age_s=1)
        state = learning.begin(observe([started]), POLICY, state, NOW)
        state = replace(state, decided=NOW - 2)
    assert state.ready_times == (10.0, 12.0, 300.0)
    assert learning.warm_up(POLICY, state) == 12.0
    assert learning.warm_up(Policy(warm_up_s=5), state) == 5


def test_each_start_is_learnt_once() -> None:
    seen = pod("p", 1, age_s=20, ready_age_s=10)
    state = learning.begin(observe([seen]), POLICY, ResponsiveState(decided=NOW - 2), NOW)
    assert state.ready_times == ()
