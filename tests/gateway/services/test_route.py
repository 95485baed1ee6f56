"""Routes and the table that holds them."""

from __future__ import annotations

from gateway.limits import Limits
from gateway.services.registry import Services
from gateway.services.route import RouteTable
from gateway.services.spec import ServiceSpec
from gateway.stats import Stats


def table(*specs: ServiceSpec) -> RouteTable:
    services = Services(Limits(), Stats())
    services.define(specs)
    services.manage([("127.0.0.1", 1)])
    return services.table


def test_tables_share_what_did_not_change() -> None:
    old = table(ServiceSpec("a"), ServiceSpec("b"))
    a, b = old.find("a"), old.find("b")
    assert a is not None
    new = old.changed({"b": None, "a": a})
    assert new.find("a") is a
    assert new.find("b") is None
    assert old.find("b") is b
    assert new.management is old.management
    assert old.find("é") is None


def test_routes() -> None:
    route = table(ServiceSpec("my-app", rewrite_target=True, set_auth=True)).find("my-app")
    assert route is not None
    assert (route.prefix, route.strips, route.by_session) == (
        b"/system/services/my-app/exposed",
        False,
        False,
    )
