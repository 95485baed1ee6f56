"""Containers: their ports, mounts, variables, resources, probes; each fault in the real words."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded import kinds
from shared.service.objects import Obj
from tests.shared.embedded.validation.test_init import CONTAINER, causes, container, pod

C = "spec.containers[0]"
GPU = "nvidia.com/gpu"
VOLUME = {"name": "v", "emptyDir": {}}
GET = {"httpGet": {"port": 80}}


def variable(**fields: Any) -> Obj:
    return container(env=[{"name": "A", **fields}])


def field(path: str) -> Obj:
    return variable(valueFrom={"fieldRef": {"fieldPath": path}})


def mounted(*mounts: Obj, volume: Obj = VOLUME, **fields: Any) -> Obj:
    given = [{"name": "v", "mountPath": "/v", **mount} for mount in mounts]
    return pod(containers=[{**CONTAINER, "volumeMounts": given, **fields}], volumes=[volume])


def initial(**fields: Any) -> Obj:
    return pod(initContainers=[{"name": "i", "image": "i", **fields}])


@pytest.mark.parametrize(
    "fields",
    [
        container(resources={"limits": {"cpu": "1", GPU: "2"}, "requests": {"cpu": "500m"}}),
        container(resources={"limits": {"memory": "1Gi", "hugepages-2Mi": "4Mi"}}),
        container(resources={"requests": {"ephemeral-storage": "1Gi"}}),
        container(ports=[{"name": "a", "containerPort": 1}, {"containerPort": 1}]),
        container(env=[{"name": "1-a.b"}, {"name": "1-a.b"}]),
        container(envFrom=[{"prefix": "A_", "configMapRef": {"name": "c"}}]),
        field("metadata.labels['example.com/a']"),
        field("status.hostIPs"),
        variable(valueFrom={"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}),
        mounted({"subPath": "a/b"}, {"mountPath": "/w", "mountPropagation": "HostToContainer"}),
        container(livenessProbe=GET, startupProbe={"grpc": {"port": 1}}),
        container(readinessProbe={"tcpSocket": {"port": "no-such-name"}, "successThreshold": 3}),
        container(lifecycle={"preStop": {"sleep": {"seconds": 0}}}),
        initial(restartPolicy="Always", livenessProbe=GET),
        container(securityContext={"runAsUser": 0, "allowPrivilegeEscalation": True}),
    ],
)
def test_what_is_right(fields: Obj) -> None:
    assert causes(kinds.POD, **fields) == []


RESOURCES: list[tuple[Obj, list[str]]] = [
    (
        {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}},
        ['requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ),
    (
        {"requests": {"foo": "1"}},
        [
            'requests[foo]: Invalid value: "foo": must be a standard resource type or fully '
            "qualified",
            'requests[foo]: Invalid value: "foo": must be a standard resource for containers',
        ],
    ),
    (
        {"requests": {"pods": "1"}},
        ['requests[pods]: Invalid value: "pods": must be a standard resource for containers'],
    ),
    (
        {"requests": {GPU: "1"}},
        ["limits: Required value: Limit must be set for non overcommitable resources"],
    ),
    (
        {"requests": {GPU: "1"}, "limits": {GPU: "2"}},
        [f'requests: Invalid value: "1": must be equal to {GPU} limit of 2'],
    ),
    (
        {"requests": {GPU: "500m"}, "limits": {GPU: "500m"}},
        [
            f'{part}[{GPU}]: Invalid value: "500m": must be an integer'
            for part in ("limits", "requests")
        ],
    ),
    (
        {"limits": {"kubernetes.io/x": "1", "a/requests.b": "1"}},
        [],
    ),
    (
        {"limits": {"requests.example.com/x": "1"}},
        [
            f'{part}[requests.example.com/x]: Invalid value: "requests.example.com/x": doesn\'t '
            "follow extended resource name standard"
            for part in ("limits", "requests")
        ],
    ),
    (
        {"limits": {"hugepages-2Mi": "4Mi"}},
        [": Forbidden: HugePages require cpu or memory"],
    ),
    (
        {"limits": {"hugepages-2Mi": "3Mi", "cpu": "1"}},
        [
            f'{part}[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of '
            "hugepages-2Mi"
            for part in ("limits", "requests")
        ],
    ),
    (
        {"claims": [{"name": "gpu"}]},
        ['claims[0]: Not found: "gpu"'],
    ),
]


@pytest.mark.parametrize(("resources", "expected"), RESOURCES)
def test_resources(resources: Obj, expected: list[str]) -> None:
    at = f"{C}.resources"
    wanted = [f"{at}{each}" if each.startswith(":") else f"{at}.{each}" for each in expected]
    assert causes(kinds.POD, **container(resources=resources)) == wanted


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            container(ports=[{"name": "a" * 16, "containerPort": 1}]),
            f'{C}.ports[0].name: Invalid value: "{"a" * 16}": must be no more than 15 characters',
        ),
        (
            container(ports=[{"name": "1-2", "containerPort": 1}]),
            f'{C}.ports[0].name: Invalid value: "1-2": must contain at least one letter (a-z)',
        ),
        (
            container(ports=[{"containerPort": 1, "hostPort": 70000}]),
            f"{C}.ports[0].hostPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            container(ports=[{"containerPort": 1, "hostPort": 5}] * 2),
            f'{C}.ports[1].hostPort: Duplicate value: "TCP//5"',
        ),
        (
            field("metadata.foo"),
            f'{C}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.foo": error '
            "converting fieldPath: field label not supported: metadata.foo",
        ),
        (
            field("status.phase"),
            f'{C}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": '
            'supported values: "metadata.name", "metadata.namespace", "metadata.uid", '
            '"spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", '
            '"status.podIP", "status.podIPs"',
        ),
        (
            variable(valueFrom={}),
            f'{C}.env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
            "`resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`",
        ),
        (
            variable(valueFrom={"secretKeyRef": {"name": "s"}}),
            f"{C}.env[0].valueFrom.secretKeyRef.key: Required value",
        ),
        (
            variable(valueFrom={"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}}),
            f'{C}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only '
            "divisor's values 1m and 1 are supported with the cpu resource",
        ),
        (
            container(envFrom=[{}]),
            f'{C}.envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
        ),
        (
            container(envFrom=[{"secretRef": {}}]),
            f"{C}.envFrom[0].secretRef.name: Required value",
        ),
        (
            mounted({}, {}),
            f'{C}.volumeMounts[1].mountPath: Invalid value: "/v": must be unique',
        ),
        (
            mounted({"subPath": "a", "subPathExpr": "b"}),
            f'{C}.volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are '
            "mutually exclusive",
        ),
        (
            mounted({"mountPropagation": "Bidirectional"}),
            f"{C}.volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is "
            "available only to privileged containers",
        ),
        (
            mounted({"recursiveReadOnly": "Enabled"}),
            f"{C}.volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly "
            "is true",
        ),
        (
            container(livenessProbe={**GET, "successThreshold": 2}),
            f"{C}.livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            container(startupProbe={**GET, "terminationGracePeriodSeconds": 0}),
            f"{C}.startupProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater "
            "than 0",
        ),
        (
            container(readinessProbe={**GET, "terminationGracePeriodSeconds": 1}),
            f"{C}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set "
            "for readinessProbes",
        ),
        (
            container(readinessProbe={"grpc": {"port": 0}}),
            f"{C}.readinessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, "
            "inclusive",
        ),
        (
            container(readinessProbe={"httpGet": {"port": 1, "scheme": "FTP"}}),
            f'{C}.readinessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: '
            '"HTTP", "HTTPS"',
        ),
        (
            container(lifecycle={"postStart": {}}),
            f"{C}.lifecycle.postStart: Required value: must specify a handler type",
        ),
        (
            container(lifecycle={"preStop": {"sleep": {"seconds": 31}}}),
            f"{C}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than "
            "terminationGracePeriodSeconds (30)",
        ),
        (
            container(terminationMessagePolicy="Never"),
            f'{C}.terminationMessagePolicy: Unsupported value: "Never": supported values: "File", '
            '"FallbackToLogsOnError"',
        ),
        (
            container(securityContext={"runAsUser": 2**31}),
            f"{C}.securityContext.runAsUser: Invalid value: 2147483648: must be between 0 and "
            "2147483647, inclusive",
        ),
        (
            container(securityContext={"procMount": "Unmasked"}),
            f'{C}.securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false '
            "to use `Unmasked`",
        ),
        (
            initial(livenessProbe=GET),
            "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers "
            "without restartPolicy=Always",
        ),
        (
            initial(name="c"),
            'spec.initContainers[0].name: Duplicate value: "c"',
        ),
        (
            container(image=" i"),
            f'{C}.image: Invalid value: " i": must not have leading or trailing whitespace',
        ),
    ],
)
def test_each_fault_alone(fields: Obj, expected: str) -> None:
    assert causes(kinds.POD, **fields) == [expected]


def test_a_faulty_volume_is_not_there_to_be_mounted() -> None:
    found = causes(kinds.POD, **mounted({}, volume={"name": "v", "secret": {}}))
    assert found == [
        "spec.volumes[0].secret.secretName: Required value",
        f'{C}.volumeMounts[0].name: Not found: "v"',
    ]


def test_privileges_that_contradict_are_shown_as_they_are() -> None:
    context = {"allowPrivilegeEscalation": False, "privileged": True}
    (found,) = causes(kinds.POD, **container(securityContext=context))
    assert found.startswith(
        f'{C}.securityContext: Invalid value: {{"Capabilities":null,"Privileged":true,'
        '"SELinuxOptions":null,'
    )
    assert found.endswith("cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
