"""Pods beside their containers: names, DNS, scheduling, what may change."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded import declarations, kinds, validation
from shared.service.objects import Obj
from tests.shared.embedded.validation.test_init import CONTAINER, causes, container, full, pod

TERM = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"a": "b"}}}
SPREAD = {
    "maxSkew": 1,
    "topologyKey": "zone",
    "whenUnsatisfiable": "DoNotSchedule",
    "labelSelector": {},
}
NODES = {"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


@pytest.mark.parametrize(
    "fields",
    [
        pod(serviceAccountName="a.b", nodeSelector={"a/b": "c"}, hostname="h"),
        pod(dnsPolicy="None", dnsConfig={"nameservers": ["10.0.0.1"], "searches": ["a_b.c."]}),
        pod(hostAliases=[{"ip": "127.0.0.1", "hostnames": ["a.b"]}]),
        pod(affinity={"podAntiAffinity": {REQUIRED: [TERM]}}),
        pod(affinity={"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [NODES]}}}),
        pod(topologySpreadConstraints=[SPREAD]),
        pod(tolerations=[{"operator": "Exists"}, {"key": "a", "value": "b"}]),
        pod(securityContext={"fsGroup": 0, "sysctls": [{"name": "net.core.somaxconn"}]}),
        pod(terminationGracePeriodSeconds=0),
    ],
)
def test_what_is_right(fields: Obj) -> None:
    assert causes(kinds.POD, **fields) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"serviceAccountName": "A b"},
            '.serviceAccountName: Invalid value: "A b": a lowercase RF',
        ),
        ({"nodeName": "A"}, '.nodeName: Invalid value: "A": a lowercase RFC 1123 subdomain'),
        ({"hostname": "a.b"}, '.hostname: Invalid value: "a.b": must not contain dots'),
        ({"nodeSelector": {"a b": "c"}}, '.nodeSelector: Invalid value: "a b": name part must'),
        (
            {"dnsPolicy": "Own"},
            '.dnsPolicy: Unsupported value: "Own": supported values: "ClusterFi',
        ),
        (
            {"dnsPolicy": "None"},
            ".dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
        ),
        (
            {"dnsConfig": {"nameservers": ["x"]}},
            '.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9',
        ),
        (
            {"hostAliases": [{"ip": "010.1.1.1"}]},
            '.hostAliases[0].ip: Invalid value: "010.1.1.1": m',
        ),
        (
            {"securityContext": {"runAsUser": -1}},
            ".securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inc",
        ),
        (
            {"securityContext": {"supplementalGroups": [-1]}},
            ".securityContext.supplementalGroups[0]: Invalid value: -1",
        ),
        (
            {"securityContext": {"seccompProfile": {"type": "Localhost"}}},
            ".securityContext.seccompProfile.localhostProfile: Required value: must be set when",
        ),
        (
            {
                "affinity": {
                    "podAffinity": {REQUIRED: [{"labelSelector": {}, "topologyKey": "a b"}]}
                }
            },
            f'.affinity.podAffinity.{REQUIRED}[0].topologyKey: Invalid value: "a b"',
        ),
        (
            {"affinity": {"podAffinity": {PREFERRED: [{"weight": 0, "podAffinityTerm": TERM}]}}},
            f".affinity.podAffinity.{PREFERRED}[0].weight: Invalid value: 0: must be in the range",
        ),
        (
            {"affinity": {"nodeAffinity": {REQUIRED: {}}}},
            f".affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms: Required value: must have at le",
        ),
        (
            {"tolerations": [{"key": "a", "tolerationSeconds": 1}]},
            ".tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerat",
        ),
        (
            {"tolerations": [{"key": "a", "operator": "Like"}]},
            '.tolerations[0].operator: Unsupported value: "Like": supported values: "Equal", "Exis',
        ),
        (
            {"topologySpreadConstraints": [{**SPREAD, "maxSkew": 0}]},
            ".topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
        ),
        (
            {"topologySpreadConstraints": [SPREAD, SPREAD]},
            '.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zo',
        ),
        ({"priorityClassName": "A"}, '.priorityClassName: Invalid value: "A"'),
        ({"activeDeadlineSeconds": 0}, ".activeDeadlineSeconds: Invalid value: 0: must be between"),
        ({"resources": {"limits": {"storage": "1"}}}, ".resources.limits[storage]: Unsupported"),
        (
            {
                "hostNetwork": True,
                "containers": [{**CONTAINER, "ports": [{"containerPort": 1, "hostPort": 2}]}],
            },
            ".containers[0].ports[0].hostPort: Invalid value: 2: must match `containerPort` when",
        ),
    ],
)
def test_each_fault_alone(fields: Obj, expected: str) -> None:
    (found,) = causes(kinds.POD, **pod(**fields))
    assert found.startswith(f"spec{expected}")


def test_negative_grace_of_a_pod_is_one_second() -> None:
    assert (
        full(kinds.POD, pod(terminationGracePeriodSeconds=-1))["spec"][
            "terminationGracePeriodSeconds"
        ]
        == 1
    )


def changed(before: Obj, after: Obj) -> list[str]:
    rules = declarations.of(kinds.POD).rules
    found = validation.updated(rules, full(kinds.POD, before), full(kinds.POD, after))
    return [f"{each.field}: {each.message}" for each in found]


TOLERATION = {"key": "a", "operator": "Exists"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (pod(), container(image="j"), ""),
        (
            pod(tolerations=[TOLERATION]),
            pod(tolerations=[TOLERATION, {**TOLERATION, "key": "b"}]),
            "",
        ),
        (pod(), pod(activeDeadlineSeconds=5), ""),
        (pod(schedulingGates=[{"name": "a/b"}]), pod(), ""),
        (
            pod(tolerations=[TOLERATION]),
            pod(tolerations=[]),
            "spec.tolerations: Forbidden: existing",
        ),
        (
            pod(activeDeadlineSeconds=5),
            pod(activeDeadlineSeconds=6),
            "spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous",
        ),
        (
            pod(),
            pod(containers=[CONTAINER, {**CONTAINER, "name": "d"}]),
            "spec.containers: Forbidden: pod updates may not add or remove containers",
        ),
        (pod(), pod(hostNetwork=True), "spec: Forbidden: pod updates may not change fields other"),
    ],
)
def test_what_may_change(before: Obj, after: Obj, expected: str) -> None:
    found = changed(before, after)
    assert [each[: len(expected)] for each in found] == ([expected] if expected else [])


def test_the_change_that_is_refused_is_shown() -> None:
    (found,) = changed(pod(), pod(restartPolicy="Never"))
    assert '\n- "restartPolicy": "Always",\n+ "restartPolicy": "Never",\n' in found


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"phase": "Foo"}, []),
        ({"podIPs": [{"ip": "127.0.0.5"}], "conditions": [{"type": "Ready"}]}, []),
        ({"podIPs": [{"ip": "x"}]}, ["status.podIPs[0]"]),
        ({"hostIP": "1.1.1.1", "hostIPs": [{"ip": "1.1.1.2"}]}, ["status.hostIPs[0].ip"]),
        ({"conditions": [{"type": "a b"}]}, ["metadata.conditions[0].Type"]),
    ],
)
def test_statuses(status: dict[str, Any], expected: list[str]) -> None:
    old, new = full(kinds.POD, pod()), full(kinds.POD, {**pod(), "status": status})
    found = validation.reported(declarations.of(kinds.POD).rules, old, new)
    assert [each.field for each in found] == expected
