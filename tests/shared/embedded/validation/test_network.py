"""Services and EndpointSlices: ports, addresses, families, what belongs to which type."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded import declarations, kinds, validation
from shared.service.objects import Obj
from tests.shared.embedded.validation.test_init import causes, full

PORT = {"port": 80}
RANGES = "spec.LoadBalancerSourceRanges"


def service(*ports: Obj, **spec: Any) -> list[str]:
    return causes(kinds.SERVICE, spec={"ports": list(ports) or [PORT], **spec})


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"clusterIP": "None"},
        {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"]},
        {"type": "NodePort", "ports": [{"port": 1, "nodePort": 8080}]},
        {"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 1, "protocol": "UDP"}]},
        {"ports": [{"port": 1, "targetPort": 0}]},
        {"externalIPs": ["192.0.2.1"]},
        {
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10}},
        },
        {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8 "]},
        {"type": "ExternalName", "externalName": "a.example.com.", "ports": []},
    ],
)
def test_what_is_right(spec: Obj) -> None:
    assert service(**{"ports": [PORT], **spec}) == []


@pytest.mark.parametrize("name", ["1s", "a-b"])
def test_names_are_labels(name: str) -> None:
    assert causes(kinds.SERVICE, metadata={"name": name}, spec={"ports": [PORT]}) == []


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 1}]},
            'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,'
            '"Port":1,"TargetPort":0,"NodePort":0}',
        ),
        (
            {"ports": [{"port": 1, "nodePort": 30001}]},
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ),
        (
            {"ports": [{"port": 1, "appProtocol": "a b"}]},
            'spec.ports[0].appProtocol: Invalid value: "a b"',
        ),
        ({"clusterIP": "x"}, 'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address'),
        (
            {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.2"]},
            'spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
        ),
        (
            {"clusterIP": "::5"},
            'spec.clusterIPs[0]: Invalid value: "::5": expected an IPv4 value as indicated by',
        ),
        (
            {"type": "LoadBalancer", "clusterIP": "None"},
            "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalan",
        ),
        ({"ipFamilies": ["IPv5"]}, 'spec.ipFamilies[0]: Unsupported value: "IPv5": supported val'),
        ({"ipFamilyPolicy": "Any"}, 'spec.ipFamilyPolicy: Unsupported value: "Any"'),
        (
            {"externalIPs": ["127.0.0.1"]},
            'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (1',
        ),
        (
            {"externalIPs": ["0.0.0.0"]},
            'spec.externalIPs[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
        ),
        (
            {"loadBalancerSourceRanges": ["10.0.0.0/8"]},
            f"{RANGES}: Forbidden: may only be used when `type` is 'LoadBalancer'",
        ),
        (
            {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.1"]},
            f'{RANGES}[0]: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/',
        ),
        (
            {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 1}}},
            "spec.sessionAffinityConfig: Forbidden: must not be set when session affinity is None",
        ),
        (
            {
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 90000}},
            },
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be gre",
        ),
        (
            {"externalTrafficPolicy": "Local"},
            'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-a',
        ),
        (
            {"internalTrafficPolicy": "Near"},
            'spec.internalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", ',
        ),
        ({"trafficDistribution": "Far"}, 'spec.trafficDistribution: Unsupported value: "Far"'),
        (
            {"allocateLoadBalancerNodePorts": False},
            "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'Loa",
        ),
        (
            {"type": "ExternalName", "externalName": "A b"},
            'spec.externalName: Invalid value: "A b": a lowercase RFC 1123 subdomain',
        ),
        ({"ports": []}, "spec.ports: Required value"),
    ],
)
def test_each_fault_alone(spec: Obj, expected: str) -> None:
    (found,) = causes(kinds.SERVICE, spec={"ports": [PORT], **spec})
    assert found.startswith(expected)


def test_the_status_of_what_is_not_balanced_names_no_balancer() -> None:
    old = full(kinds.SERVICE, {"spec": {"ports": [PORT]}})
    new = {**old, "status": {"loadBalancer": {"ingress": [{"ip": "1.1.1.1"}]}}}
    (found,) = validation.reported(declarations.of(kinds.SERVICE).rules, old, new)
    assert found.field == "status.loadBalancer.ingress"


def slice_of(*addresses: str, family: str = "IPv4", **endpoint: Any) -> list[str]:
    return causes(
        kinds.ENDPOINT_SLICE,
        addressType=family,
        endpoints=[{"addresses": list(addresses), **endpoint}],
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "10.9.9.9"])
def test_endpoints_may_be_on_this_machine(address: str) -> None:
    assert slice_of(address, zone="z", hints={"forZones": [{"name": "a"}]}) == []


@pytest.mark.parametrize(
    ("address", "family", "expected"),
    [
        ("169.254.1.1", "IPv4", "s[0]: may not be in the link-local range (169.254.0.0/16, fe80::"),
        ("224.0.0.5", "IPv4", "s[0]: may not be in the link-local multicast range (224.0.0.0/24, "),
        ("0.0.0.0", "IPv4", "s[0]: may not be unspecified (0.0.0.0)"),
        ("010.9.9.9", "IPv4", "s[0]: must not have leading 0s"),
        ("x", "IPv4", "s[0]: must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        ("10.1.1.1", "IPv6", "s: must be an IPv6 address"),
        ("local", "FQDN", "s[0]: should be a domain with at least two segments separated by dots"),
    ],
)
def test_addresses_of_endpoints(address: str, family: str, expected: str) -> None:
    (found,) = slice_of(address, family=family)
    where, why = expected.split(": ")
    wanted = f'endpoints[0].addresse{where}: Invalid value: "{address}": {why}'
    assert found.startswith(wanted)


def test_ports_of_endpoint_slices() -> None:
    found = causes(
        kinds.ENDPOINT_SLICE,
        addressType="IPv4",
        endpoints=[],
        ports=[{"name": "a"}, {"name": "a", "protocol": "X"}, {"name": "A", "appProtocol": "/"}],
    )
    assert [each.split(": ")[0:2] for each in found] == [
        ["ports[1].name", "Duplicate value"],
        ["ports[1].protocol", "Unsupported value"],
        ["ports[2].name", "Invalid value"],
        ["ports[2].appProtocol", "Invalid value"],
        ["ports[2].appProtocol", "Invalid value"],
        ["ports[2].appProtocol", "Invalid value"],
    ]
