"""Validation by kind: each wrong field is one cause, in Kubernetes' words."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shared.embedded import declarations, kinds, validation
from shared.embedded.kinds import Kind
from shared.embedded.schema.decoding import typed
from shared.service.objects import Obj

LABELS = {"app": "d"}
CONTAINER = {"name": "c", "image": "i"}
POD = {"containers": [CONTAINER]}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": POD}
WORKLOAD = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
TARGET = {"kind": "Deployment", "name": "d"}


def causes(kind: Kind, **fields: Any) -> list[str]:
    """What is wrong with a completed object of these fields, as `field: message`."""
    found = validation.created(declarations.of(kind).rules, full(kind, fields))
    return [f"{each.field}: {each.message}" for each in found]


def full(kind: Kind, fields: Obj) -> Obj:
    metadata = {"name": "n", **fields.pop("metadata", {})}
    if kind.namespaced:
        metadata["namespace"] = "x"
    declared = declarations.of(kind)
    obj = typed(copy.deepcopy({"metadata": metadata, **fields}), kind, declared.schema)
    declared.defaults(obj)
    return obj


def pod(**fields: Any) -> Obj:
    return {"spec": {**POD, **fields}}


def container(**fields: Any) -> Obj:
    return pod(containers=[{**CONTAINER, **fields}])


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (kinds.CONFIG_MAP, {"data": {"a.b-C_1": "x"}, "binaryData": {"b": "aGk="}}),
        (kinds.SECRET, {"data": {"token": "aGk="}}),
        (kinds.POD, container(ports=[{"containerPort": 80}], env=[{"name": "A", "value": ""}])),
        (kinds.DEPLOYMENT, {"spec": WORKLOAD}),
        (kinds.REPLICA_SET, {"spec": {**WORKLOAD, "replicas": 0}}),
        (kinds.SERVICE, {"spec": {"ports": [{"port": 80, "targetPort": "http"}]}}),
        (kinds.SERVICE, {"spec": {"clusterIP": "None"}}),
        (kinds.SERVICE, {"spec": {"type": "ExternalName", "externalName": "example.com"}}),
        (
            kinds.ENDPOINT_SLICE,
            {"addressType": "IPv4", "endpoints": [{"addresses": ["127.0.0.9"]}]},
        ),
        (
            kinds.LEASE,
            {"spec": {"leaseDurationSeconds": 1, "renewTime": "2026-01-01T00:00:00.000000Z"}},
        ),
        (kinds.HPA, {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 3}}),
        (kinds.CLUSTER_ROLE, {"metadata": {"name": "system:x"}, "rules": []}),
        (kinds.NETWORK_POLICY, {}),
        (kinds.NAMESPACE, {}),
    ],
)
def test_sound_objects_pass(kind: Kind, fields: Obj) -> None:
    assert causes(kind, **fields) == []


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        (
            kinds.CONFIG_MAP,
            {"metadata": {"name": "A"}},
            'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain',
        ),
        (
            kinds.SERVICE,
            {"metadata": {"name": "A"}, "spec": {"ports": [{"port": 1}]}},
            "a lowercase RFC 1123 label must consist",
        ),
        (kinds.NAMESPACE, {"metadata": {"name": "a.b"}}, "must not contain dots"),
        (
            kinds.ROLE,
            {"metadata": {"name": "a/b"}},
            "metadata.name: Invalid value: \"a/b\": may not contain '/'",
        ),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"name": "a" * 254}},
            "must be no more than 253 characters",
        ),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"labels": {"a b": "x"}}},
            'metadata.labels: Invalid value: "a b": name part must consist',
        ),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"labels": {"a": "x y"}}},
            'metadata.labels: Invalid value: "x y": a valid label',
        ),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"labels": {"a": "x" * 64}}},
            "must be no more than 63 bytes",
        ),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"annotations": {"a": "x" * 262145}}},
            "metadata.annotations: Too long",
        ),
        (kinds.CONFIG_MAP, {"metadata": {"finalizers": ["a b"]}}, "metadata.finalizers[0]"),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"ownerReferences": [{"uid": "u", "kind": "A", "name": "n"}]}},
            "metadata.ownerReferences.apiVersion",
        ),
        (kinds.CONFIG_MAP, {"data": {"..a": "x"}}, "data[..a]: Invalid value"),
        (
            kinds.CONFIG_MAP,
            {"data": {"a": "x"}, "binaryData": {"a": "aGk="}},
            "duplicate of key present in binaryData",
        ),
        (
            kinds.CONFIG_MAP,
            {"data": {"a": "x" * 1048577}},
            "Too long: may not be more than 1048576 bytes",
        ),
        (kinds.POD, {"spec": {}}, "spec.containers: Required value"),
        (kinds.POD, container(name="A"), "spec.containers[0].name: Invalid value"),
        (kinds.POD, container(image=""), "spec.containers[0].image: Required value"),
        (
            kinds.POD,
            pod(containers=[CONTAINER, CONTAINER]),
            'spec.containers[1].name: Duplicate value: "c"',
        ),
        (
            kinds.POD,
            container(ports=[{"containerPort": 65536}]),
            "ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive",
        ),
        (
            kinds.POD,
            container(ports=[{}]),
            "spec.containers[0].ports[0].containerPort: Required value",
        ),
        (
            kinds.POD,
            container(ports=[{"containerPort": 1, "protocol": "X"}]),
            'Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
        ),
        (
            kinds.POD,
            container(env=[{"value": "1"}]),
            "spec.containers[0].env[0].name: Required value",
        ),
        (
            kinds.POD,
            container(env=[{"name": "A=B"}]),
            "spec.containers[0].env[0].name: Invalid value",
        ),
        (
            kinds.POD,
            container(env=[{"name": "A", "value": "1", "valueFrom": {"fieldRef": {}}}]),
            "may not be specified when `value` is not empty",
        ),
        (
            kinds.POD,
            container(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
            'spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
        (
            kinds.POD,
            pod(volumes=[{"name": "v", "configMap": {}}]),
            "spec.volumes[0].configMap.name: Required value",
        ),
        (
            kinds.POD,
            container(resources={"limits": {"cpu": "-1"}}),
            "must be greater than or equal to 0",
        ),
        (
            kinds.POD,
            container(readinessProbe={}),
            ".readinessProbe: Required value: must specify a handler type",
        ),
        (
            kinds.POD,
            container(livenessProbe={"httpGet": {"port": 1}, "exec": {"command": ["x"]}}),
            "may not specify more than 1 handler type",
        ),
        (
            kinds.POD,
            container(startupProbe={"httpGet": {"port": "web-site-of-mine"}}),
            "must be no more than 15 characters",
        ),
        (kinds.POD, pod(restartPolicy="Sometimes"), "spec.restartPolicy: Unsupported value"),
        (kinds.DEPLOYMENT, {"spec": {"template": TEMPLATE}}, "spec.selector: Required value"),
        (
            kinds.DEPLOYMENT,
            {"spec": {**WORKLOAD, "selector": {}}},
            "empty selector is invalid for deployment",
        ),
        (
            kinds.DEPLOYMENT,
            {"spec": {**WORKLOAD, "selector": {"matchLabels": {"a": "b"}}}},
            '.labels: Invalid value: {"app":"d"}: `selector` does not match template `labels`',
        ),
        (
            kinds.DEPLOYMENT,
            {
                "spec": {
                    **WORKLOAD,
                    "selector": {"matchExpressions": [{"key": "a", "operator": "Is"}]},
                }
            },
            "spec.selector.matchExpressions[0].operator: Invalid value",
        ),
        (
            kinds.DEPLOYMENT,
            {"spec": {**WORKLOAD, "strategy": {"type": "Recreate", "rollingUpdate": {}}}},
            "may not be specified when strategy `type` is 'Recreate'",
        ),
        (
            kinds.DEPLOYMENT,
            {
                "spec": {
                    **WORKLOAD,
                    "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}},
                }
            },
            "may not be 0 when `maxSurge` is 0",
        ),
        (
            kinds.DEPLOYMENT,
            {"spec": {**WORKLOAD, "strategy": {"rollingUpdate": {"maxSurge": "half"}}}},
            "a valid percent string",
        ),
        (
            kinds.DEPLOYMENT,
            {"spec": {**WORKLOAD, "minReadySeconds": 700}},
            "must be greater than minReadySeconds",
        ),
        (
            kinds.DEPLOYMENT,
            {
                "spec": {
                    **WORKLOAD,
                    "template": {**TEMPLATE, "spec": {**POD, "restartPolicy": "Never"}},
                }
            },
            '.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ),
        (kinds.SERVICE, {"spec": {"ports": [{"port": 0}]}}, "spec.ports[0].port: Invalid value: 0"),
        (
            kinds.SERVICE,
            {"spec": {"ports": [{"port": 1}, {"port": 2}]}},
            "spec.ports[1].name: Required value",
        ),
        (
            kinds.SERVICE,
            {"spec": {"type": "Open", "ports": [{"port": 1}]}},
            "spec.type: Unsupported value",
        ),
        (
            kinds.SERVICE,
            {"spec": {"type": "NodePort", "ports": [{"port": 1}] * 2, "clusterIP": "None"}},
            "may not be set to 'None' for NodePort services",
        ),
        (kinds.ENDPOINT_SLICE, {}, "addressType: Required value"),
        (
            kinds.ENDPOINT_SLICE,
            {"addressType": "IPv4", "endpoints": [{}]},
            "endpoints[0].addresses: Required value",
        ),
        (
            kinds.ENDPOINT_SLICE,
            {"addressType": "IPv4", "endpoints": [{"addresses": ["::1"]}]},
            "must be an IPv4 address",
        ),
        (
            kinds.ENDPOINT_SLICE,
            {"addressType": "IPv4", "endpoints": [{"addresses": ["1.1.1.1"]}] * 1001},
            "endpoints: Too many: 1001",
        ),
        (
            kinds.LEASE,
            {"spec": {"leaseDurationSeconds": 0}},
            "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        ),
        (
            kinds.HPA,
            {"spec": {"scaleTargetRef": TARGET, "minReplicas": 5, "maxReplicas": 3}},
            "must be greater than or equal to `minReplicas`",
        ),
        (kinds.HPA, {"spec": {"maxReplicas": 3}}, "spec.scaleTargetRef.kind: Required value"),
        (kinds.EVENT, {"involvedObject": {"namespace": "other"}}, "does not match event.namespace"),
        (
            kinds.EVENT,
            {"eventTime": "2026-01-01T00:00:00.000000Z"},
            "reportingController: Required value",
        ),
        (
            kinds.ROLE,
            {"rules": [{"apiGroups": [""], "resources": ["pods"]}]},
            "rules[0].verbs: Required value",
        ),
        (
            kinds.ROLE,
            {"rules": [{"verbs": ["get"], "resources": ["pods"]}]},
            "rules[0].apiGroups: Required value",
        ),
        (
            kinds.ROLE_BINDING,
            {"roleRef": {"kind": "Job", "name": "x"}},
            "roleRef.kind: Unsupported value",
        ),
        (
            kinds.CLUSTER_ROLE_BINDING,
            {
                "roleRef": {"kind": "ClusterRole", "name": "x"},
                "subjects": [{"kind": "ServiceAccount", "name": "s"}],
            },
            "subjects[0].namespace: Required value",
        ),
    ],
)
def test_each_fault_is_named(kind: Kind, fields: Obj, expected: str) -> None:
    found = causes(kind, **fields)
    assert any(expected in cause for cause in found), found


def test_all_faults_are_told_at_once() -> None:
    found = causes(kinds.POD, **container(image="", ports=[{"containerPort": 0}]))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        (kinds.POD, pod(), pod(nodeName="n"), "spec: Forbidden: pod updates may not change"),
        (kinds.POD, pod(), container(image="other"), ""),
        (
            kinds.SERVICE,
            {"spec": {"clusterIPs": ["10.0.0.1"], "ports": [{"port": 1}]}},
            {"spec": {"clusterIPs": ["10.0.0.2"], "ports": [{"port": 1}]}},
            'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
        ),
        (
            kinds.CONFIG_MAP,
            {"immutable": True, "data": {"a": "1"}},
            {"immutable": True, "data": {"a": "2"}},
            "data: Forbidden: field is immutable when",
        ),
        (kinds.SECRET, {}, {"type": "other"}, 'type: Invalid value: "other": field is immutable'),
        (
            kinds.ROLE_BINDING,
            {"roleRef": {"kind": "Role", "name": "a"}},
            {"roleRef": {"kind": "Role", "name": "b"}},
            "cannot change roleRef",
        ),
        (kinds.ENDPOINT_SLICE, {"addressType": "IPv4"}, {"addressType": "IPv6"}, "immutable"),
    ],
)
def test_what_never_changes(kind: Kind, before: Obj, after: Obj, expected: str) -> None:
    rules = declarations.of(kind).rules
    found = validation.updated(rules, full(kind, dict(before)), full(kind, dict(after)))
    messages = [f"{each.field}: {each.message}" for each in found]
    assert any(expected in each for each in messages) if expected else messages == []
