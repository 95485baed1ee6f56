"""What a Service keeps and loses when it is written again: pure, by tables."""

from __future__ import annotations

import copy

import pytest

from shared.embedded.api.service_changes import prepare
from shared.service.objects import Obj

ADDRESS = {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"], "ipFamilies": ["IPv4"]}
CLUSTER = {**ADDRESS, "type": "ClusterIP", "internalTrafficPolicy": "Cluster"}
NODE = {
    **CLUSTER,
    "type": "NodePort",
    "externalTrafficPolicy": "Cluster",
    "ports": [{"name": "a", "nodePort": 30001}, {"name": "b", "nodePort": 30002}],
}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({**CLUSTER}, {"type": "ClusterIP"}, {"clusterIP": "10.96.0.7"}),
        ({**CLUSTER}, {**CLUSTER, "clusterIP": "10.96.0.8"}, {"clusterIPs": ["10.96.0.8"]}),
        ({**CLUSTER}, {**CLUSTER, "type": "ExternalName"}, dict.fromkeys(ADDRESS)),
        (NODE, {**NODE, "type": "ClusterIP"}, {"ports": [{"name": "a"}, {"name": "b"}]}),
        (NODE, {**NODE, "type": "ClusterIP"}, {"externalTrafficPolicy": None}),
        (
            NODE,
            {"type": "NodePort", "ports": [{"name": "b"}, {"name": "c"}]},
            {"ports": [{"name": "b", "nodePort": 30002}, {"name": "c"}]},
        ),
        (
            NODE,
            {"type": "NodePort", "ports": [{"name": "a"}, {"name": "c", "nodePort": 30001}]},
            {"ports": [{"name": "a"}, {"name": "c", "nodePort": 30001}]},
        ),
        (
            NODE,
            {"type": "ClusterIP", "ports": [{"name": "a", "nodePort": 30009}]},
            {"ports": [{"name": "a", "nodePort": 30009}]},
        ),
        (
            {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": True},
            {"type": "NodePort", "allocateLoadBalancerNodePorts": True},
            {"allocateLoadBalancerNodePorts": None},
        ),
        ({"type": "ExternalName"}, {"type": "ClusterIP", "clusterIP": ""}, {"clusterIP": None}),
    ],
)
def test_succession(before: Obj, after: Obj, expected: Obj) -> None:
    new: Obj = {"spec": copy.deepcopy(after)}
    prepare({"spec": before}, new)
    assert {name: new["spec"].get(name) for name in expected} == expected


def test_a_new_service_with_an_address_has_it_as_its_first() -> None:
    new: Obj = {"spec": {"clusterIP": "None"}}
    prepare(None, new)
    assert new["spec"]["clusterIPs"] == ["None"]
