"""Points of the last quarter of an hour, from counters."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from gateway.admin.console.history import FIELDS, GRACE, PERIOD, POINTS, History, count_requests
from gateway.stats import BOUNDS
from shared.service.sizing import Sizing


def numbers(requests: int, errors: int = 0, **more: Any) -> dict[str, Any]:
    counts = [0, requests, *[0] * (len(BOUNDS) - 1)]
    return {
        "requests": {"GET 200 upstream": requests - errors, "GET 502 gateway": errors},
        "first_byte": {"counts": counts, "total": 0.0},
        "endpoints": {"ready": 2, "new": 1},
    } | more


def take(
    history: History,
    services: dict[str, dict[str, Any]],
    now: float,
    sizes: dict[str, Sizing] | None = None,
) -> None:
    for name, counted in services.items():
        history.add(name, counted, (sizes or {}).get(name))
    history.close(services, now)


def taken(*points: dict[str, Any], sizes: dict[str, Sizing] | None = None) -> History:
    """A history after these points, each `PERIOD` after the one before."""
    history = History()
    for index, services in enumerate(points):
        take(history, services, index * PERIOD, sizes)
    return history


def test_a_point_is_what_was_counted_since_the_last() -> None:
    history = taken({"a": numbers(10)}, {"a": numbers(40, errors=5)}, {"a": numbers(40, errors=5)})
    series = history.tracks["a"].series(*FIELDS)
    assert series["requests"] == [10, 30, 0]
    assert series["errors"] == [0, 5, 0]
    assert series["p50_s"] == [0.0075, 0.0075, None]
    assert series["ready"] == [3, 3, 3]
    assert series["wanted"] == [None, None, None]
    assert (history.ends, history.points) == (20.0, 3)


def test_what_the_scaler_told_is_beside_it() -> None:
    sizing = Sizing("a", current=1, wanted=2, asked=3, cpu_pct=90, demand_m=900)
    series = taken({"a": numbers(1)}, sizes={"a": sizing}).tracks["a"].series(*FIELDS)
    told = {name: series[name] for name in ("replicas", "wanted", "asked", "cpu_pct", "demand_m")}
    assert told == {
        "replicas": [1],
        "wanted": [2],
        "asked": [3],
        "cpu_pct": [90],
        "demand_m": [900],
    }


def test_the_oldest_points_go() -> None:
    track = taken(*({"a": numbers(count)} for count in range(POINTS + 5))).tracks["a"]
    assert track.series("requests")["requests"] == [1] * POINTS
    assert len(track.values) == POINTS * len(FIELDS)


def test_the_last_minute_is_six_points() -> None:
    track = taken(*({"a": numbers(10 * count, errors=count)} for count in range(12))).tracks["a"]
    assert (track.last("requests", 6), track.last("errors", 6)) == (60, 6)
    assert track.minute(0.5) == pytest.approx(0.0075)
    quiet = taken(*({"a": numbers(10)} for _ in range(8))).tracks["a"]
    assert quiet.minute(0.5) is None


def test_a_count_that_fell_is_of_a_service_made_anew() -> None:
    history = taken({"a": numbers(50)}, {"a": numbers(2)}, {"a": numbers(5)})
    assert history.tracks["a"].series("requests")["requests"] == [50, 0, 3]


def test_only_services_with_requests_are_drawn() -> None:
    history = taken({"a": numbers(0), "b": numbers(1)}, {"a": numbers(0), "b": numbers(1)})
    assert history.series().keys() == {"b"}
    assert history.point() == {}
    take(history, {"a": numbers(2), "b": numbers(1)}, 20.0)
    assert history.point() == {"a": {"requests": 2, "errors": 0, "p50_s": 0.0075, "p99_s": 0.00995}}


def test_a_deleted_service_is_forgotten_and_one_that_is_missing_for_a_moment_is_not() -> None:
    history = taken({"a": numbers(1), "b": numbers(1)}, {"b": numbers(1)})
    assert history.tracks.keys() == {"a", "b"}
    for point in range(2, GRACE + 2):
        take(history, {"b": numbers(1)}, point * PERIOD)
    assert history.tracks.keys() == {"b"}


def test_failures_are_recent_for_a_while() -> None:
    once = {"a": numbers(9, failures={"upstream_closed": 4})}
    history = taken(*[once] * 3)
    assert history.tracks["a"].recent("upstream_closed", 4) == 4
    for point in range(3, POINTS + 31):
        take(history, once, point * PERIOD)
    assert history.tracks["a"].recent("upstream_closed", 4) == 0
    assert history.tracks["a"].recent("upstream_closed", 6) == 2


def test_who_is_told_to_wait_has_not_failed() -> None:
    requests = {"GET 503 waiting": 7, "GET 503 gateway": 2, "GET 500 upstream": 1}
    assert count_requests({"requests": requests}) == (10, 3)


def test_a_thousand_busy_services_stay_within_their_bound() -> None:
    """4.3 kB of points each, and what the last minute needs of counts."""
    history = History()
    for point in range(POINTS + 10):
        services = {f"s{index}": numbers(point * index) for index in range(50)}
        take(history, services, point * PERIOD)
    sizes = [_size(track) for track in history.tracks.values()]
    assert sum(sizes) / len(sizes) < 8_000


def _size(track: Any) -> int:
    total = sum(sys.getsizeof(each) for each in (track, track.values, track.answers, track.marks))
    counts = {id(one): one for one in track.answers}.values()
    return total + sum(sys.getsizeof(one) for one in counts)
