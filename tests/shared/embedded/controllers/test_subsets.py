"""Subsets group addresses by the ports that their pods have, and have a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.embedded.controllers import subsets

if TYPE_CHECKING:
    from shared.service.objects import Obj


def pod(ip: str, ready: bool = True, *, named: int = 0, **spec: Any) -> Obj:
    ports = [{"name": "http", "containerPort": named}] if named else []
    return {
        "metadata": {"name": f"p{ip}", "namespace": "a", "uid": ip},
        "spec": {"containers": [{"name": "c", "ports": ports}], "nodeName": "n", **spec},
        "status": {
            "phase": "Running",
            "podIP": ip,
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def service(*ports: Obj, **spec: Any) -> Obj:
    return {"metadata": {"name": "s", "namespace": "a"}, "spec": {"ports": list(ports), **spec}}


NAMED = {"name": "web", "port": 80, "targetPort": "http", "protocol": "TCP"}


def shown(found: list[Obj]) -> list[tuple[list[int], list[str], list[str]]]:
    return [
        (
            [port["port"] for port in each.get("ports", [])],
            [address["ip"] for address in each.get("addresses", [])],
            [address["ip"] for address in each.get("notReadyAddresses", [])],
        )
        for each in found
    ]


@pytest.mark.parametrize(
    ("asked", "pods", "expected"),
    [
        (service({"port": 80}), [], []),
        (service({"port": 80}), [pod("2"), pod("1")], [([80], ["1", "2"], [])]),
        (service({"port": 80}), [pod("1", ready=False)], [([80], [], ["1"])]),
        (
            service({"port": 80}, publishNotReadyAddresses=True),
            [pod("1", ready=False)],
            [([80], ["1"], [])],
        ),
        (
            service(NAMED),
            [pod("1", named=8080), pod("2", named=9090), pod("3")],
            [([8080], ["1"], []), ([9090], ["2"], [])],
        ),
        (service(clusterIP="None"), [pod("1")], [([], ["1"], [])]),
    ],
)
def test_addresses_are_grouped_by_their_ports(
    asked: Obj, pods: list[Obj], expected: list[tuple[list[int], list[str], list[str]]]
) -> None:
    assert shown(subsets.subsets(asked, pods)) == expected


def test_a_pod_with_a_name_in_the_service_says_it() -> None:
    (found,) = subsets.subsets(service({"port": 80}), [pod("1", hostname="h", subdomain="s")])
    assert found["addresses"][0]["hostname"] == "h"


def test_ready_addresses_are_kept_before_others() -> None:
    ready = [{"ip": str(i)} for i in range(999)]
    found = [
        {"notReadyAddresses": [{"ip": "a"}, {"ip": "b"}], "ports": [{"port": 1}]},
        {"addresses": ready, "ports": [{"port": 2}]},
    ]
    first, second = subsets.truncated(found)
    assert (first["notReadyAddresses"], second["addresses"]) == ([{"ip": "a"}], ready)
    assert subsets.truncated(found[1:]) == found[1:]


def test_the_labels_say_who_keeps_them() -> None:
    own = {**service(clusterIP="None")}
    own["metadata"] = {**own["metadata"], "labels": {"a": "b"}}
    assert subsets.labels(own) == {
        "a": "b",
        "service.kubernetes.io/headless": "",
        "endpoints.kubernetes.io/managed-by": "endpoint-controller",
    }
