"""Shares that forget, whatever came and however often."""

from __future__ import annotations

from random import Random

import pytest

from scaler.decision.responsive.decaying import Shares

STEPS = 3000


def test_all_of_the_first_time_is_known_at_once() -> None:
    assert Shares().added([(2, 1.0)], 1.0).plain() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("gain", [1e-4, 0.01, 0.3, 0.999])
def test_what_is_there_loses_the_part_that_is_new(gain: float) -> None:
    """Beside the same with every bin changed at every step."""
    random = Random(1)
    found, expected = Shares().added([(0, 1.0)], 1.0), [1.0] + 9 * [0.0]
    for _ in range(STEPS):
        points = [(random.randrange(10), 0.25), (random.randrange(10), 0.75)]
        found = found.added(points, gain)
        expected = [(1 - gain) * share for share in expected]
        for at, share in points:
            expected[at] += gain * share
    assert [found.of(at) for at in range(10)] == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert sum(found.plain()) == pytest.approx(1.0)
    assert max(found.weights) < 1e6


def test_nothing_has_come_in_bins_beyond_the_last() -> None:
    assert Shares((0.5, 0.5)).of(2) == 0.0


def test_a_value_is_not_changed_by_what_comes_after_it() -> None:
    before = Shares().added([(1, 1.0)], 1.0)
    before.added([(0, 1.0)], 0.5)
    assert before.plain() == [0.0, 1.0]
