"""What holds for both policies: their one entry."""

from __future__ import annotations

import pytest

from scaler.decision import (
    HPA,
    RESPONSIVE,
    Behavior,
    HpaOptions,
    Policy,
    Rate,
    Rules,
    State,
    decide,
)
from tests.scaler.decision.build import NOW, observe, pods, responsive

HOUR = 3600.0
RATES = HpaOptions(behavior=Behavior(up=Rules(0.0, (Rate("Pods", 2, 60.0),))))


@pytest.mark.parametrize("policy", [Policy(name=RESPONSIVE), Policy(name=HPA, hpa=RATES)])
def test_a_clock_that_was_set_back_neither_holds_back_growth_nor_lets_shrink(
    policy: Policy,
) -> None:
    busy = observe(pods([1600, 1600]))
    state: State | None = None
    for second in (0, 20):
        _, state = decide(busy, policy, state, NOW + second)
    back = NOW - HOUR
    up, _ = decide(observe(pods([1600] * 4, now=back)), policy, state, back)
    assert up.replicas > 4
    sizes = []
    for now in (back + second for second in range(0, 760, 10)):
        idle, state = decide(observe(pods([1] * 4, now=now)), policy, state, now)
        sizes.append(idle.replicas)
    assert sizes[0] == 4
    assert min(sizes) < 4


def test_clocks_that_differ_a_little_change_nothing() -> None:
    _, state = responsive(observe(pods([1600, 1600])), Policy(), None, NOW)
    _, after = responsive(observe(pods([1600] * 4, now=NOW - 1)), Policy(), state, NOW - 1)
    assert after.grown
    assert after.since == state.since
    assert all(entry.seconds >= 0 for entry in after.recommendations)
