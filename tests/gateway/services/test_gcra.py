"""The algorithm under a clock of the test's, against its promise and a bucket of tokens."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.gcra import Rate, rate

SECOND = 10**9
RATES = st.builds(Rate, st.integers(1, 5 * SECOND), st.integers(1, 30))
STEPS = st.lists(st.integers(0, 10 * SECOND), max_size=60)


def admitted(limit: Rate, steps: list[int]) -> list[int]:
    """When requests are let in that come one after the other, so many nanoseconds apart."""
    due, now, found = 0, 1000 * SECOND, []
    for step in steps:
        now += step
        if not limit.wait(due, now):
            due = limit.spent(due, now)
            found.append(now)
    return found


@given(RATES, STEPS)
def test_no_window_has_more_than_a_burst_and_what_the_rate_brings(
    limit: Rate, steps: list[int]
) -> None:
    times = admitted(limit, steps)
    for first in range(len(times)):
        for last in range(first, len(times)):
            span = times[last] - times[first]
            assert last - first + 1 <= limit.burst + span // limit.interval


@given(RATES, st.lists(st.integers(0, SECOND), max_size=60))
def test_who_keeps_to_the_rate_is_never_refused(limit: Rate, pauses: list[int]) -> None:
    steps = [limit.interval + pause for pause in pauses]
    assert len(admitted(limit, steps)) == len(steps)


@given(RATES, STEPS)
def test_it_is_a_bucket_of_tokens(limit: Rate, steps: list[int]) -> None:
    tokens, now, last, found = Fraction(limit.burst), 1000 * SECOND, 1000 * SECOND, []
    for step in steps:
        now += step
        tokens = min(Fraction(limit.burst), tokens + Fraction(now - last, limit.interval))
        last = now
        if tokens >= 1:
            tokens -= 1
            found.append(now)
    assert admitted(limit, steps) == found


@given(RATES, STEPS, st.integers(0, 10 * SECOND))
def test_what_is_told_is_so(limit: Rate, steps: list[int], pause: int) -> None:
    due, now = 0, 1000 * SECOND
    for step in steps:
        now += step
        if not limit.wait(due, now):
            due = limit.spent(due, now)
    now += pause
    left, wait = limit.left(due, now), limit.wait(due, now)
    assert (left == 0) == (wait > 0)
    if wait:
        assert limit.wait(due, now + wait) == 0
        assert limit.wait(due, now + wait - 1) == 1
    for _ in range(left):
        assert not limit.wait(due, now)
        due = limit.spent(due, now)
    assert limit.wait(due, now)


@pytest.mark.parametrize(
    ("requests", "seconds", "burst", "interval"),
    [(10, 1, 20, SECOND // 10), (100, 60, 100, 600_000_000), (3, 1, 1, 333_333_333)],
)
def test_a_rate_is_told_in_whole_nanoseconds(
    requests: float, seconds: int, burst: int, interval: int
) -> None:
    made = rate(requests, seconds, burst)
    assert (made.interval, made.window) == (interval, interval * burst)
