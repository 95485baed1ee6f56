"""The swap of the route table, and what survives it."""

from __future__ import annotations

from dataclasses import replace

from gateway.limits import Limits
from gateway.services.registry import Services
from gateway.services.route import Route
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.stats import Stats


class Closable:
    closed = False

    def close(self) -> None:
        self.closed = True


def services() -> Services:
    return Services(Limits(slow_start=10), Stats(), monotonic=lambda: 0.0, random=lambda: 0.0)


def route(of: Services, name: str) -> Route:
    found = of.table.find(name)
    assert found is not None
    return found


def test_what_did_not_change_makes_no_new_table() -> None:
    one = services()
    one.define([ServiceSpec("a"), ServiceSpec("b")])
    table = one.table
    one.define([ServiceSpec("a")], removed=["unknown"])
    assert one.table is table
    one.define([ServiceSpec("a", concurrency=2)])
    assert one.table is not table
    assert table.find("a") is not one.table.find("a")
    assert table.find("b") is one.table.find("b")


def test_state_survives_a_change_of_definition() -> None:
    one = services()
    one.define([ServiceSpec("a")])
    state = route(one, "a").state
    one.define([ServiceSpec("a", concurrency=2)])
    assert route(one, "a").state is state
    assert state.admission.limit == 2


def test_endpoints_change_without_a_new_table() -> None:
    one = services()
    one.define([ServiceSpec("a")])
    table = one.table
    one.locate("a", [Endpoint("10.0.0.1", 80)])
    one.locate("unknown", [Endpoint("10.0.0.1", 80)])
    assert one.table is table
    assert route(one, "a").state.endpoints() == {"ready": 1, "new": 0, "ejected": 0, "leaving": 0}


def test_connections_to_pods_that_left_are_closed() -> None:
    one = services()
    one.define([ServiceSpec("a")])
    endpoint = Endpoint("10.0.0.1", 80)
    one.locate("a", [endpoint])
    idle = Closable()
    route(one, "a").state.balancer.candidates[0].idle.append(idle)
    one.locate("a", [replace(endpoint, terminating=True)])
    assert idle.closed


def test_deleted_services_are_gone() -> None:
    stats = Stats()
    one = Services(Limits(), stats)
    one.define([ServiceSpec("a")])
    one.locate("a", [Endpoint("10.0.0.1", 80)])
    idle = Closable()
    state = route(one, "a").state
    state.balancer.candidates[0].idle.append(idle)
    one.define([], removed=["a"])
    assert one.table.find("a") is None
    assert idle.closed
    assert state.balancer.candidates == []
    assert "a" not in stats.services


def test_new_pods_are_refreshed_until_they_are_settled() -> None:
    one = services()
    one.define([ServiceSpec("a")])
    one.locate("a", [Endpoint("10.0.0.1", 80)])
    one.locate("a", [Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 80)])
    state = route(one, "a").state
    assert state.endpoints()["new"] == 1
    one.refresh(5.0)
    assert state.endpoints()["new"] == 1
    one.refresh(10.0)
    assert state.endpoints() == {"ready": 2, "new": 0, "ejected": 0, "leaving": 0}


def test_management_keeps_its_state() -> None:
    one = services()
    one.manage([("10.0.0.1", 80)])
    first = one.table.management
    one.manage([("10.0.0.2", 80)])
    assert first is not None
    assert one.table.management is first
    assert list(first.state.balancer.backends) == [("10.0.0.2", 80)]
    assert one.states() == [first.state]


def test_ten_thousand_services_change_one_by_one() -> None:
    one = services()
    one.define([ServiceSpec(f"s-{number}") for number in range(10_000)])
    table = one.table
    for number in range(100):
        one.locate(f"s-{number}", [Endpoint("10.0.0.1", 80)])
    assert one.table is table
    one.define([ServiceSpec("s-0", stopped=True)], removed=["s-1"])
    assert len(one.table.routes) == 9_999
    assert one.table.find("s-2") is table.find("s-2")
