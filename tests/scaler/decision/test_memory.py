"""What is learnt, in walks through the clock."""

from __future__ import annotations

from scaler.decision import Policy, State, memory
from scaler.decision.state import Recommendation
from tests.scaler.decision.build import NOW, observe, pod

POLICY = Policy()


def _walk(needs: list[tuple[float, int]]) -> State:
    state = State(recommendations=(), decided=NOW)
    for time, replicas in needs:
        state = memory.remember_need(state, POLICY, replicas, NOW + time)
    return state


def test_the_history_falls_and_stays_short() -> None:
    state = _walk([(t, 5 - t % 5) for t in range(300)])
    assert state.recommendations is not None
    levels = [past.replicas for past in state.recommendations]
    assert levels == sorted(levels, reverse=True)
    assert len(levels) <= 5


def test_a_return_after_more_than_the_window_is_learnt_and_awaited_next_time() -> None:
    state = _walk([(0, 8), (2, 2), (300, 2), (302, 8)])
    assert [r.gap_s for r in state.returns] == [302.0]
    assert memory.window(POLICY, state, NOW + 303) == 302 * 1.25
    assert memory.window(POLICY, state, NOW + 302 + 1501) == POLICY.down_window_s


def test_a_quick_return_and_one_to_a_low_level_teach_nothing() -> None:
    assert _walk([(0, 8), (2, 2), (60, 8)]).returns == ()
    assert _walk([(0, 8), (2, 3), (4, 1), (300, 3)]).returns == ()


def test_the_longest_window_holds_until_so_long_was_watched() -> None:
    state = memory.begin(observe([], spec=4), POLICY, State(), NOW)
    assert state.recommendations == (Recommendation(4, NOW),)
    assert memory.window(POLICY, state, NOW + 499) == POLICY.longest_window_s
    assert memory.window(POLICY, state, NOW + 501) == POLICY.down_window_s


def test_a_slow_loop_is_no_pause() -> None:
    slow = Policy(period_s=60)
    state = State(recommendations=(), decided=NOW - 200)
    assert memory.begin(observe([], spec=4), slow, state, NOW).recommendations == ()
    assert memory.begin(observe([], spec=4), POLICY, state, NOW).recommendations != ()


def test_warm_up_is_the_median_of_the_starts_seen() -> None:
    state = State(recommendations=(), decided=NOW - 2)
    assert memory.warm_up(POLICY, state) == 30.0
    for seconds in (10, 12, 300):
        started = pod("p", 1, age_s=seconds + 1, ready_age_s=1)
        state = memory.begin(observe([started]), POLICY, State.from_json(state.to_json()), NOW)
        state = State.from_json(state.to_json() | {"decided": NOW - 2})
    assert state.ready_times == (10.0, 12.0, 300.0)
    assert memory.warm_up(POLICY, state) == 12.0
    assert memory.warm_up(Policy(warm_up_s=5), state) == 5


def test_each_start_is_learnt_once() -> None:
    seen = pod("p", 1, age_s=20, ready_age_s=10)
    state = memory.begin(observe([seen]), POLICY, State(recommendations=(), decided=NOW - 2), NOW)
    assert state.ready_times == ()
