"""What was needed and when, in walks through the clock."""

from __future__ import annotations

import pytest

from scaler.decision import Policy
from scaler.decision.responsive import history, learning
from scaler.decision.responsive.state import DemandReturn, Recommendation, ResponsiveState
from tests.scaler.decision.build import NOW, observe, pod, pods, responsive

POLICY = Policy(max_replicas=100, down_window_s=90)
STEP = 2


def walk(*spans: tuple[int, int]) -> tuple[ResponsiveState, float]:
    """Decisions every two seconds through spans of (seconds, replicas); the state and the end."""
    state, now = ResponsiveState(decided=NOW), NOW
    for seconds, replicas in spans:
        for _ in range(0, seconds, STEP):
            now += STEP
            state = history.add(state, POLICY, replicas, 90, now)
    return state, now


def test_a_need_holds_for_the_window() -> None:
    state, now = walk((60, 8), (20, 2))
    assert history.highest(POLICY, state, 90, now) == 8
    assert history.highest(POLICY, state, 90, now - 20 + 90) == 8
    assert history.highest(POLICY, state, 90, now - 20 + 91) == 2


def test_a_return_is_learnt_and_its_level_awaited_next_time() -> None:
    state, now = walk((60, 8), (300, 2), (2, 8))
    assert state.returns == (DemandReturn(302.0, now, 8),)
    state, now = walk((60, 8), (300, 2), (60, 8), (20, 2))
    assert history.highest(POLICY, state, 90, now - 20 + 302 * 1.25) == 8
    assert history.highest(POLICY, state, 90, now - 20 + 302 * 1.25 + 2) == 2


def test_returns_are_forgotten_after_three_of_the_longest_windows() -> None:
    state, now = walk((60, 8), (300, 2), (60, 8), (2100, 2), (60, 8), (100, 2))
    assert history.highest(POLICY, state, 90, now) == 2


def test_a_return_tells_of_its_own_level_and_those_a_sixth_higher() -> None:
    """What rises slowly meets its lower levels after a short absence, its peak after a long one:
    only the lower ones are worth waiting for."""
    state = ResponsiveState(returns=(DemandReturn(200.0, NOW, 8),))
    for level, held in ((8, 8), (9, 9), (12, 9)):
        known = history.add(state, POLICY, level, 90, NOW)
        assert history.highest(POLICY, known, 90, NOW + 150) == held


@pytest.mark.parametrize(
    ("why", "spans"),
    [
        ("within the window", ((60, 8), (60, 2), (60, 8))),
        ("too long after to have waited for", ((60, 8), (562, 2), (60, 8))),
        ("to a level needed too seldom", ((10, 8), (300, 2), (60, 8))),
        ("of no level that was left", ((60, 8), (300, 7), (60, 7))),
    ],
)
def test_a_return_that_teaches_nothing(why: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert walk(*spans)[0].returns == (), why


def test_a_return_to_less_than_the_peak_is_one() -> None:
    state, _ = walk((60, 8), (300, 2), (60, 5))
    assert [(r.gap_s, r.replicas) for r in state.returns] == [(302.0, 5)]


def test_eight_returns_are_kept() -> None:
    state, _ = walk(*[(60, 8), (200, 2)] * 12)
    assert len(state.returns) == 8


@pytest.mark.parametrize("noise", [(7, 8), (1, 9, 4), (5, 6, 7, 8, 9, 10)])
def test_the_history_stays_short_whatever_is_needed(noise: tuple[int, ...]) -> None:
    spans = [(STEP, level) for level in noise] * 2000
    state, _ = walk(*spans)
    assert len(state.recommendations) <= POLICY.longest_window_s / 10 + 1


def test_needs_of_ten_seconds_are_one_entry_at_the_highest() -> None:
    state, now = walk((6, 3), (2, 5), (4, 3), (2, 3))
    assert state.recommendations == (
        Recommendation(5, now - 2, 10),
        Recommendation(3, now, 2),
    )


def test_after_a_start_the_longest_window_holds_the_size_found() -> None:
    state = learning.begin(observe(pods([900] * 4), spec=4), POLICY, ResponsiveState(), NOW)
    assert state.recommendations == (Recommendation(4, NOW),)
    assert history.highest(POLICY, state, 90, NOW + 699) == 4
    assert history.highest(POLICY, state, 90, NOW + 700) == 0


def test_a_new_service_shrinks_by_what_was_seen_of_it() -> None:
    """Busy for five minutes from its first pod on, then idle: it shrinks after the window, once
    idle times have foretold idle ones better than the busy ones did."""
    policy, state, sizes = Policy(down_window_s=90), None, {}
    for second in range(0, 700, 2):
        at = NOW + second
        used = 700 if second < 300 else 20
        members = [
            pod(f"p{i}", used, age_s=second + 60, ready_age_s=second + 40, now=at) for i in range(4)
        ]
        decision, state = responsive(observe(members, spec=4), policy, state, at)
        sizes[second] = decision.replicas
    assert min(second for second, size in sizes.items() if size < 4) in range(390, 450)
