from __future__ import annotations

import pytest

from shared.runtime.backoff import Backoff


def test_delays_grow_by_the_factor_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=100.0, factor=3.0)
    assert [backoff.delay(failures) for failures in range(7)] == [0, 0.5, 1.5, 4.5, 13.5, 40.5, 100]


def test_many_failures_do_not_overflow() -> None:
    assert Backoff(first=0.01, longest=60.0).delay(10**9) == 60.0


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 15.0), (0.5, 17.5), (1.0, 20.0)])
def test_chance_takes_off_a_share_of_the_delay(chance: float, delay: float) -> None:
    assert Backoff(first=10.0, longest=20.0, jitter=0.25).delay(9, chance) == delay
