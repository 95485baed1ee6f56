"""Addresses and ports of Services: from their ranges, never one twice, and none in a dry run."""

from __future__ import annotations

import random
from typing import Any

import pytest

from shared.embedded.api.allocation import CLUSTER_RANGE, allocate
from shared.embedded.errors import StatusError
from shared.service.objects import Obj


def service(**spec: Any) -> Obj:
    return {
        "metadata": {"name": "s"},
        "spec": {"type": "ClusterIP", "ports": [{"port": 80}], **spec},
    }


def node(*numbers: int | None, **spec: Any) -> Obj:
    ports = [{"port": 80, **({"nodePort": number} if number else {})} for number in numbers]
    return service(type="NodePort", ports=ports, **spec)


def given(wanted: Obj, *others: Obj, **options: Any) -> Obj:
    allocate(wanted, others, random.Random(7), **options)
    spec: Obj = wanted["spec"]
    return spec


def test_free_ones_are_given() -> None:
    spec = given(node(None, None))
    assert spec["clusterIP"] in map(str, CLUSTER_RANGE.hosts())
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    first, second = (port["nodePort"] for port in spec["ports"])
    assert first != second
    assert {first, second} <= set(range(30000, 32768))


def test_a_dry_run_gives_what_nobody_has() -> None:
    spec = given(node(None, None), dry_run=True)
    assert spec["clusterIP"] == "10.96.0.0"
    assert [port["nodePort"] for port in spec["ports"]] == [32768, 32769]
    assert given(node(8080), dry_run=True)["ports"][0]["nodePort"] == 8080


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            service(clusterIP="1.2.3.4"),
            'spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the '
            "provided IP (1.2.3.4) is not in the valid range. The range of valid IPs is "
            "10.96.0.0/16",
        ),
        (
            service(clusterIP="10.96.0.9"),
            'spec.clusterIPs: Invalid value: ["10.96.0.9"]: failed to allocate IP 10.96.0.9: '
            "provided IP is already allocated",
        ),
        (
            node(80),
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. "
            "The range of valid ports is 30000-32767",
        ),
        (
            node(30009),
            "spec.ports[0].nodePort: Invalid value: 30009: provided port is already allocated",
        ),
        (
            service(ipFamilies=["IPv6"]),
            'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
        ),
        (
            service(ipFamilyPolicy="RequireDualStack"),
            'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not '
            "configured for dual-stack services",
        ),
    ],
)
def test_what_cannot_be_given(wanted: Obj, expected: str) -> None:
    other = node(30009, clusterIP="10.96.0.9")
    with pytest.raises(StatusError) as caught:
        given(wanted, other)
    assert caught.value.message == f'Service "s" is invalid: {expected}'


def test_what_it_has_is_its_own_even_outside_of_the_range() -> None:
    old = node(80, clusterIP="10.70.0.1")
    spec = given(node(80, clusterIP="10.70.0.1"), old=old)
    assert (spec["clusterIP"], spec["ports"][0]["nodePort"]) == ("10.70.0.1", 80)


def test_a_balancer_may_do_without_node_ports() -> None:
    spec = given(service(type="LoadBalancer", allocateLoadBalancerNodePorts=False))
    assert "nodePort" not in spec["ports"][0]
