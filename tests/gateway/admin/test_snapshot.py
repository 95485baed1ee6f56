"""Taking numbers from a running gateway's books, and summing those of workers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway.admin import snapshot
from gateway.limits import Limits
from gateway.services.registry import Services
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.stats import UNKNOWN, Stats
from gateway.troubles import KEPT, RECENT, SLOW, Trouble

if TYPE_CHECKING:
    from gateway.admin.snapshot import Snapshot


async def sample(age: float = 10.0) -> Snapshot:
    """A gateway's numbers; it has run for `age` seconds, and its one request for two."""
    now, stats = 0.0, Stats()
    services = Services(Limits(), stats, monotonic=lambda: now)
    services.define([ServiceSpec("a"), ServiceSpec("idle")])
    services.locate("a", [Endpoint("10.0.0.1", 80, "a-1"), Endpoint("10.0.0.2", 80, ready=False)])
    route = services.table.find("a")
    assert route is not None
    assert route.state.admission.acquire(age - 2.0) is not None
    stats.service("a").answered("GET", 200, 0.01, 0.01)
    stats.service(UNKNOWN).refused("GET", 404, 0.0)
    stats.connections = 3
    now = age
    process = {"process": "b", "up_s": age, "scalers": 1}
    return await snapshot.take(
        services, stats, {"ready": True, "age": 2.0, "invalid": 1, **process}
    )


async def test_a_snapshot_is_json_and_holds_all_books() -> None:
    taken = await sample()
    assert json.loads(json.dumps(taken)) == taken
    one = taken["services"]["a"]
    assert one["in_flight"] == 1
    assert (one["request_seconds"], one["seconds"]) == (2.0, 10.0)
    assert one["endpoints"] == {"ready": 1, "new": 0, "ejected": 0, "leaving": 1}
    assert one["pods"]["10.0.0.1:80"] == {"pod": "a-1", "in_flight": 1, "ejected": False}
    assert one["requests"] == {"GET 200 upstream": 1}
    assert taken["services"][UNKNOWN]["requests"] == {"GET 404 gateway": 1}
    assert "requests" not in taken["services"]["idle"]


async def test_workers_are_summed_and_what_all_see_is_not() -> None:
    merged = snapshot.merge([await sample(), await sample()])
    one = merged["services"]["a"]
    assert one["in_flight"] == 2
    assert (one["request_seconds"], one["seconds"]) == (4.0, 10.0)
    assert one["requests"] == {"GET 200 upstream": 2}
    assert sum(one["duration"]["counts"]) == 2
    assert one["endpoints"]["ready"] == 1
    assert one["pods"]["10.0.0.1:80"] == {"pod": "a-1", "in_flight": 2, "ejected": False}
    assert (merged["connections"], merged["invalid"], merged["age"]) == (6, 1, 2.0)


def test_what_a_worker_may_run_out_of_is_that_of_the_fullest() -> None:
    one = {"descriptors": 90, "descriptors_limit": 100, "cpu_seconds": 1.0, "certificate_ends": 7.0}
    other = one | {"descriptors": 10, "cpu_seconds": 2.0, "certificate_ends": 5.0}
    more = {"resident_bytes": 10, "collections": {"0": 1}}
    assert snapshot.merge([one | more, other | more, more]) == {
        "descriptors": 90,
        "descriptors_limit": 100,
        "cpu_seconds": 3.0,
        "certificate_ends": 5.0,
        "resident_bytes": 30,
        "collections": {"0": 3},
    }


async def test_one_worker_is_itself_and_none_is_empty() -> None:
    taken = await sample()
    assert snapshot.merge([taken]) == taken
    assert snapshot.merge([]) == {}


@pytest.mark.parametrize("ages", [(None, 2.0), (2.0, None)])
async def test_an_unknown_age_stays_unknown(ages: tuple[float | None, float | None]) -> None:
    assert snapshot.merge([{"age": age} for age in ages]) == {"age": None}


async def test_what_an_ended_worker_counted_stays_and_what_it_held_goes() -> None:
    kept = snapshot.counters(await sample())
    assert kept["services"]["a"].keys() == {
        "requests",
        "arrivals",
        "duration",
        "first_byte",
        "request_seconds",
    }
    assert "connections" not in kept


async def test_the_scalers_view_has_services_only() -> None:
    assert snapshot.load(await sample()) == {
        "a": said(1, 1, 2.0, 10.0, 0.01, {"a-1": 1}),
        "idle": said(0, 0, 0.0, 10.0, 0.0, {}, idle_s=10.0),
        snapshot.GATEWAY: {
            "in_flight": 0,
            "waiting": 0,
            "process": "b",
            "up_s": 10.0,
            "scalers": 1,
        },
    }


async def test_workers_are_idle_for_as_long_as_each_of_them_is() -> None:
    """A worker that was started anew has seen nothing of the time before."""
    merged = snapshot.load(snapshot.merge([await sample(7.0), await sample(5.0)]))
    assert (merged["a"]["open"], merged["a"]["idle_s"]) == (2, 0.0)
    assert (merged["idle"]["open"], merged["idle"]["idle_s"]) == (0, 5.0)
    itself = merged[snapshot.GATEWAY]
    assert (itself["up_s"], itself["scalers"]) == (5.0, 1)


async def test_a_silent_worker_is_told_of_the_gateway_as_well() -> None:
    silent = {"services": {}, "silent": 1}
    merged = snapshot.load(snapshot.merge([await sample(), silent]))
    assert merged[snapshot.GATEWAY]["whole"] is False


async def test_time_in_slots_outlives_a_worker_and_the_age_is_that_of_the_oldest() -> None:
    ended = snapshot.counters(await sample())
    merged = snapshot.load(snapshot.merge([await sample(7.0), ended, await sample(5.0)]))
    assert merged["a"] == said(2, 3, 6.0, 7.0, 0.01, {"a-1": 2})


async def test_a_worker_that_does_not_answer_makes_the_load_a_lower_bound() -> None:
    silent = snapshot.counters(await sample()) | {"silent": 1}
    merged = snapshot.load(snapshot.merge([await sample(), silent]))
    assert merged["a"] == said(1, 2, 4.0, 10.0, 0.01, {"a-1": 1}) | {"whole": False}


def said(
    in_flight: int,
    arrivals: int,
    request_seconds: float,
    seconds: float,
    longest: float,
    pods: dict[str, int],
    *,
    idle_s: float = 0.0,
) -> dict[str, Any]:
    return {
        "in_flight": in_flight,
        "waiting": 0,
        "arrivals": arrivals,
        "request_seconds": request_seconds,
        "seconds": seconds,
        "longest": longest,
        "open": in_flight,
        "idle_s": idle_s,
        "pods": pods,
    }


async def test_what_was_slow_long_ago_keeps_nothing_out() -> None:
    """Numbers are taken every few seconds, whether anybody looks at the slowest or not."""
    unix, stats = 1000.0, Stats()
    services = Services(Limits(), stats, unix=lambda: unix)
    services.define([ServiceSpec("a")])
    troubles = stats.service("a").troubles
    for _ in range(KEPT):
        troubles.slow(slow_at(unix))
    await snapshot.take(services, stats, {})
    assert troubles.over == 60.0
    unix += RECENT + 1
    await snapshot.take(services, stats, {})
    assert troubles.over == SLOW


def slow_at(unix: float) -> Trouble:
    """A request that took a minute to its first byte, and ended then."""
    return Trouble(
        *(unix, "GET", "/", 200, "", "upstream", 0.0, 60.0, 60.0, "a-1", "10.0.0.1:80", 0, "x")
    )
