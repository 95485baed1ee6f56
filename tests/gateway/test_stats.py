"""Counting."""

from __future__ import annotations

from bisect import bisect_left

import pytest

from gateway.stats import BOUNDS, QUICK, Histogram, ServiceStats, Stats, method_label


@pytest.mark.parametrize(
    ("seconds", "index"),
    [(0.0, 0), (0.005, 0), (0.0051, 1), (600.0, len(BOUNDS) - 1), (601.0, len(BOUNDS))],
)
def test_a_duration_falls_below_its_inclusive_bound(seconds: float, index: int) -> None:
    histogram = Histogram()
    histogram.observe(seconds)
    assert [i for i, count in enumerate(histogram.counts) if count] == [index]


def test_requests_are_told_apart_by_who_answered() -> None:
    stats = ServiceStats()
    stats.answered("GET", 502, 0.2, 0.1)
    stats.answered("GET", 502, 0.2, 0.1)
    stats.refused("GET", 502, 2.0)
    snapshot = stats.snapshot()
    assert snapshot["requests"] == {"GET 502 upstream": 2, "GET 502 gateway": 1}
    assert sum(snapshot["duration"]["counts"]) == 3
    assert snapshot["duration"]["total"] == pytest.approx(2.4)
    assert sum(snapshot["first_byte"]["counts"]) == 2


def test_failures_and_retries_by_reason() -> None:
    stats = ServiceStats()
    stats.upstream_failed("connect_failed")
    stats.retried("connect_failed")
    stats.retried("connect_failed")
    assert stats.snapshot()["upstream_errors"] == {"connect_failed": 1}
    assert stats.snapshot()["retries"] == {"connect_failed": 2}


def test_methods_are_bounded() -> None:
    assert method_label("GET") == "GET"
    assert method_label("BREW") == "OTHER"


def test_a_deleted_service_takes_its_numbers_along() -> None:
    stats = Stats()
    held = stats.service("a")
    assert stats.service("a") is held
    stats.forget("a")
    stats.forget("a")
    held.refused("GET", 404, 0.1)
    assert stats.service("a").snapshot() == {}


def test_the_longest_request_is_remembered_for_an_hour_in_coarse_buckets() -> None:
    stats = ServiceStats()
    assert stats.peak.read(1000.0) == 0.0
    stats.answered("GET", 200, 40.0, 0.1)
    stats.answered("GET", 200, 2.0, 0.1)
    assert stats.peak.read(1000.0 + 599.0) == 40.0
    assert stats.peak.read(1000.0 + 6 * 600.0 - 1.0) == 40.0
    stats.answered("GET", 200, 3.0, 0.1)
    assert stats.peak.read(1000.0 + 6 * 600.0) == 3.0
    assert stats.peak.read(1e9) == 0.0


def test_what_is_counted_in_short_is_told_as_if_it_had_been_counted_at_length() -> None:
    short, long = ServiceStats(), ServiceStats()
    for status, seconds in ((200, 0.001), (200, 0.005), (404, 0.004), (200, 0.0051), (200, 700.0)):
        long.answered("GET", status, seconds, seconds)
        short.whole["GET"][status] += 1
        short.whole_seconds += seconds
        if seconds > QUICK:
            short.whole_later[bisect_left(BOUNDS, seconds)] += 1
    long.answered("POST", 200, 0.2, 0.1)
    short.answered("POST", 200, 0.2, 0.1)
    for _ in range(2):
        assert short.snapshot() == long.snapshot(), "settled once and for all"
