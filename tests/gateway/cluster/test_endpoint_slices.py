"""EndpointSlices as the API describes them → endpoints."""

from __future__ import annotations

import pytest

from gateway.cluster.endpoint_slices import endpoints, service_of
from gateway.services.spec import Endpoint
from tests.gateway.fake_cluster import endpoint_slice, entry


@pytest.mark.parametrize(
    ("conditions", "ready", "serving", "terminating"),
    [
        ({}, True, True, False),
        ({"ready": None}, True, True, False),
        ({"ready": False}, False, False, False),
        ({"ready": False, "serving": True, "terminating": True}, False, True, True),
        ({"ready": False, "serving": False, "terminating": True}, False, False, True),
    ],
)
def test_conditions(
    conditions: dict[str, bool], ready: bool, serving: bool, terminating: bool
) -> None:
    (found,) = endpoints([endpoint_slice("a", entry("10.0.0.1", "p", **conditions))])
    assert found == Endpoint("10.0.0.1", 8080, "p", ready, serving, terminating)


def test_an_entry_without_conditions_is_ready() -> None:
    assert endpoints([endpoint_slice("a", {"addresses": ["10.0.0.1"]})])[0].usable


def test_slices_are_joined_and_the_usable_twin_wins() -> None:
    first = endpoint_slice("a", entry("10.0.0.2"), entry("10.0.0.1", ready=False))
    second = endpoint_slice("a", entry("10.0.0.1"), suffix="y")
    for slices in ([first, second], [second, first]):
        found = endpoints(slices)
        assert [one.address for one in found] == ["10.0.0.1", "10.0.0.2"]
        assert all(one.usable for one in found)


def test_the_port_is_the_first_api_port_wherever_it_stands() -> None:
    one = endpoint_slice("a", entry("10.0.0.1"))
    one["ports"].insert(0, {"name": "serviceport-1", "port": 9000})
    assert endpoints([one])[0].port == 8080
    one["ports"] = [{"name": "", "port": 7000}]
    assert endpoints([one])[0].port == 7000


def test_what_cannot_be_reached_is_left_out() -> None:
    names = endpoint_slice("a", entry("example.org"))
    names["addressType"] = "FQDN"
    portless = endpoint_slice("a", entry("10.0.0.1"))
    portless["ports"] = None
    empty = endpoint_slice("a", {"addresses": []})
    nothing = endpoint_slice("a")
    nothing["endpoints"] = None
    assert endpoints([names, portless, empty, nothing]) == ()


def test_the_owner_of_a_slice() -> None:
    one = endpoint_slice("a-b")
    assert service_of(one) == "a-b"
    one["metadata"]["labels"] = {"kubernetes.io/service-name": "kubernetes"}
    assert service_of(one) == ""
    one["metadata"]["labels"] = None
    assert service_of(one) == ""


def test_the_uid_of_the_pod() -> None:
    one = {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "p", "uid": "u"}}
    (found,) = endpoints([endpoint_slice("a", one)])
    assert (found.pod, found.uid) == ("p", "u")
