"""What pods at their limit turn out to have hidden."""

from __future__ import annotations

import pytest

from scaler.decision import Policy
from scaler.decision.responsive import surges
from scaler.decision.responsive.demand import measure
from scaler.decision.responsive.state import ResponsiveState
from tests.scaler.decision.build import NOW, observe, pods

POLICY = Policy(max_replicas=100, saturation_factor=3.0)


def after(state: ResponsiveState, number: int, used: int, now: float) -> ResponsiveState:
    seen = observe(pods([used] * number, limit_m=1000, now=now))
    return surges.watch(state, measure(seen, POLICY, 14, 2.0, now), 14, now)


def overload(state: ResponsiveState, pods_after: int, used: int, now: float) -> ResponsiveState:
    """Two pods at their limit, and what is used 90 s later."""
    return after(after(state, 2, 1000, now), pods_after, used, now + 90)


def test_without_any_overload_half_of_the_most_is_guessed() -> None:
    assert surges.factor(POLICY, ResponsiveState()) == 2.0


@pytest.mark.parametrize(
    ("pods_after", "used", "factor"), [(5, 800, 2.0), (2, 100, 1.0), (20, 900, 3.0)]
)
def test_an_overload_shows_afterwards_what_it_hid(
    pods_after: int, used: int, factor: float
) -> None:
    state = overload(ResponsiveState(), pods_after, used, NOW)
    assert surges.factor(POLICY, state) == factor


def test_the_usual_overload_counts() -> None:
    state = ResponsiveState()
    for turn, (number, used) in enumerate(((2, 100), (6, 800), (2, 200))):
        state = overload(state, number, used, NOW + 600 * turn)
    assert surges.factor(POLICY, state) == 1.0
    assert state.surges == (0.1, 2.4, 0.2)


def test_an_overload_is_not_judged_before_it_is_over() -> None:
    state = after(after(ResponsiveState(), 2, 1000, NOW), 4, 1000, NOW + 90)
    assert state.surges == ()
    assert after(state, 8, 700, NOW + 180).surges == (2.8,)


def test_a_successor_knows_them() -> None:
    state = after(overload(ResponsiveState(), 5, 800, NOW), 5, 1000, NOW + 200)
    again = ResponsiveState.from_json(state.to_json())
    assert (again.surge, again.surges) == (state.surge, state.surges)
    assert state.surge
