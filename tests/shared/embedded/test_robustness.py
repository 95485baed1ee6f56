"""Damaged objects and patches are refused or taken, never met with an error of the server's own.

Every part of a sound object is in turn removed or replaced by something else.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from shared.embedded import kinds
from shared.embedded.api.operations import Api
from shared.embedded.errors import StatusError
from shared.embedded.kinds import Kind
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.service.objects import Obj

LABELS = {"app": "d"}
CONTAINER = {
    "name": "c",
    "image": "i",
    "ports": [{"name": "p", "containerPort": 80}],
    "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
    "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}},
    "readinessProbe": {"httpGet": {"port": 80}, "periodSeconds": 3},
    "livenessProbe": {"exec": {"command": ["true"]}},
    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
}
VOLUMES = [{"name": "v", "configMap": {"name": "m", "items": [{"key": "k", "path": "p"}]}}]
POD = {"containers": [CONTAINER], "volumes": VOLUMES, "tolerations": [{"key": "k"}]}
EXPRESSION = {"key": "app", "operator": "In", "values": ["d"]}
SELECTOR = {"matchLabels": LABELS, "matchExpressions": [EXPRESSION]}
TEMPLATE = {"metadata": {"labels": LABELS, "annotations": {"a": "b"}}, "spec": POD}
WORKLOAD = {"replicas": 1, "selector": SELECTOR, "template": TEMPLATE}
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}}
RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"]}
SUBJECT = {"kind": "ServiceAccount", "name": "s", "namespace": "x"}
USED = {"type": "Utilization", "averageUtilization": 5}
METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": USED}}
TARGET = {"kind": "Deployment", "name": "d"}
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u", "controller": True}

SOUND: list[tuple[Kind, Obj]] = [
    (kinds.CONFIG_MAP, {"data": {"a": "b"}, "binaryData": {"c": "aGk="}, "immutable": True}),
    (kinds.SECRET, {"data": {"a": "aGk="}, "stringData": {"b": "c"}, "type": "Opaque"}),
    (kinds.POD, {"spec": POD, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
    (kinds.DEPLOYMENT, {"spec": {**WORKLOAD, "strategy": ROLLING}}),
    (kinds.REPLICA_SET, {"spec": WORKLOAD}),
    (
        kinds.SERVICE,
        {
            "spec": {
                "type": "NodePort",
                "ports": [{"port": 80, "targetPort": 80}],
                "selector": {"a": "b"},
            }
        },
    ),
    (
        kinds.ENDPOINT_SLICE,
        {
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
            "ports": [{"name": "p", "port": 80}],
        },
    ),
    (kinds.LEASE, {"spec": {"holderIdentity": "a", "leaseDurationSeconds": 3}}),
    (kinds.HPA, {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 3, "metrics": [METRIC]}}),
    (
        kinds.HPA_V1,
        {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 3, "targetCPUUtilizationPercentage": 5}},
    ),
    (
        kinds.EVENT,
        {"involvedObject": {"kind": "Pod", "namespace": "x"}, "source": {"component": "c"}},
    ),
    (
        kinds.EVENT_V1,
        {
            "eventTime": "2026-01-01T00:00:00.000000Z",
            "reportingController": "c",
            "reportingInstance": "i",
            "regarding": {"kind": "Pod", "namespace": "x"},
            "action": "a",
            "reason": "r",
            "type": "Normal",
        },
    ),
    (kinds.ROLE, {"rules": [RULE]}),
    (kinds.ROLE_BINDING, {"roleRef": {"kind": "Role", "name": "r"}, "subjects": [SUBJECT]}),
    (kinds.NETWORK_POLICY, {"spec": {"podSelector": SELECTOR, "policyTypes": ["Ingress"]}}),
    (kinds.POD_DISRUPTION_BUDGET, {"spec": {"minAvailable": 1, "selector": SELECTOR}}),
    (kinds.INGRESS, {"spec": {"rules": [{"host": "h"}]}}),
    (kinds.NODE, {"spec": {"taints": []}, "status": {"capacity": {"cpu": "1"}, "addresses": []}}),
    (kinds.NAMESPACE, {"spec": {"finalizers": ["kubernetes"]}}),
]
METADATA = {
    "name": "n",
    "generateName": "g-",
    "labels": {"a": "b"},
    "annotations": {"c": "d"},
    "finalizers": ["example.com/f"],
    "ownerReferences": [OWNER],
    "managedFields": [{"manager": "m"}],
}
DAMAGES: list[Any] = [None, 7, -1, True, "", "x y", [], {}, [7], ["a", "a"], {"a": 7}, [{}], [[]]]


def damaged(value: Any) -> Iterator[Any]:
    """`value` with each of its parts replaced by each damage, and with each part removed."""
    yield from DAMAGES
    if isinstance(value, dict):
        for key, item in value.items():
            yield {name: each for name, each in value.items() if name != key}
            for bad in damaged(item):
                yield {**value, key: bad}
    if isinstance(value, list):
        for index, item in enumerate(value):
            for bad in damaged(item):
                yield [*value[:index], bad, *value[index + 1 :]]
        yield value * 2


@pytest.fixture(scope="module")
def api() -> Api:
    api = Api(Store(Journal(), history=100))
    api.create(kinds.NAMESPACE, {"metadata": {"name": "x"}}, manager="test")
    return api


@pytest.mark.parametrize(("kind", "fields"), SOUND, ids=lambda each: getattr(each, "resource", ""))
def test_damaged_objects(api: Api, kind: Kind, fields: Obj) -> None:
    space = "x" if kind.namespaced else ""
    name = f"sound-{kind.version}-{kind.group}".strip("-").replace(".", "-")
    sound = {"metadata": {"name": name}, **fields}
    stored = api.create(kind, copy.deepcopy(sound), space, manager="test")
    main = {key: value for key, value in stored.items() if key not in ("metadata", "status")}
    tries = 0
    for body in damaged(fields):
        if not isinstance(body, dict):
            continue
        tries += 1
        attempt(
            api.create,
            kind,
            {"metadata": {"name": "n"}, **body},
            space,
            manager="test",
            dry_run=True,
        )
        update = {**main, **body, "metadata": stored["metadata"]}
        attempt(api.update, kind, update, manager="test", dry_run=True)
        for patch_type in ("merge", "strategic", "apply"):
            patch = {**body, "metadata": {"name": name}}
            attempt(
                api.patch, kind, name, space, patch, patch_type=patch_type, manager="other",
                dry_run=True,
            )  # fmt: skip
        if "status" in body and kind.subresource("status"):
            attempt(api.update, kind, update, subresource="status", manager="test", dry_run=True)
    assert tries > 20


def test_damaged_metadata(api: Api) -> None:
    for metadata in damaged(METADATA):
        body = {"metadata": metadata, "data": {}}
        attempt(api.create, kinds.CONFIG_MAP, body, "x", manager="test", dry_run=True)
        attempt(
            api.patch, kinds.CONFIG_MAP, "sound", "x", body, patch_type="apply", manager="a",
            dry_run=True,
        )  # fmt: skip


def attempt(call: Any, *args: Any, **options: Any) -> None:
    try:
        call(*args, **options)
    except StatusError as refused:
        # Some refusals of kube-apiserver's are bare errors of code 500, without a reason.
        foreseen = refused.code < 500 or not refused.reason
    else:
        foreseen = True
    assert foreseen
