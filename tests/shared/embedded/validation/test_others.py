"""The other kinds: Secrets by type, Events, autoscalers, roles, budgets, policies, Nodes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from shared.embedded import declarations, kinds, validation
from shared.embedded.kinds import Kind
from shared.embedded.validation import rules
from shared.service.objects import Obj
from tests.shared.embedded.validation.test_init import TARGET, causes, full

GROUP = "rbac.authorization.k8s.io"
TOLD = {
    "metadata": {"name": "e"},
    "eventTime": "2030-01-01T00:00:00.000000Z",
    "reportingComponent": "c",
    "reportingInstance": "i",
    "type": "Normal",
    "reason": "R",
    "action": "A",
    "involvedObject": {"kind": "Deployment", "name": "d", "namespace": "x"},
}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("tls", {}, ["data[tls.crt]: Required value", "data[tls.key]: Required value"]),
        ("tls", {"tls.crt": "", "tls.key": ""}, []),
        ("dockercfg", {}, ["data[.dockercfg]: Required value"]),
        ("dockerconfigjson", {".dockerconfigjson": encoded('{"auths": {}}')}, []),
        (
            "dockerconfigjson",
            {".dockerconfigjson": encoded("a")},
            [
                'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid '
                "character 'a' looking for beginning of value"
            ],
        ),
        (
            "dockerconfigjson",
            {".dockerconfigjson": encoded("[]")},
            [
                'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": json: '
                "cannot unmarshal array into Go value of type map[string]interface {}"
            ],
        ),
        ("basic-auth", {}, ["data[username]: Required value", "data[password]: Required value"]),
        ("basic-auth", {"password": ""}, []),
        ("ssh-auth", {}, ["data[ssh-privatekey]: Required value"]),
        (
            "service-account-token",
            {},
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
        ),
    ],
)
def test_secrets_have_what_their_type_needs(kind: str, data: Obj, expected: list[str]) -> None:
    assert causes(kinds.SECRET, type=f"kubernetes.io/{kind}", data=data) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"involvedObject": {"namespace": "other"}}, []),
        (
            {"involvedObject": {"kind": "Lease"}},
            ['involvedObject.namespace: Invalid value: "": does not match event.namespace'],
        ),
        ({"eventTime": None}, ["eventTime: Required value"]),
        ({"message": "x" * 1025}, ['message: Invalid value: "": can have at most 1024 characters']),
        ({"reason": "x" * 129}, ['reason: Invalid value: "": can have at most 128 characters']),
        ({"type": "Foo"}, ['type: Invalid value: "": has invalid value: Foo']),
        (
            {"series": {"count": 1}},
            [
                'series.count: Invalid value: "": should be at least 2',
                "series.lastObservedTime: Required value",
            ],
        ),
        ({"count": 3}, ['count: Invalid value: "": needs to be unset']),
    ],
)
def test_events_of_the_new_group_are_held_to_more(given: Obj, expected: list[str]) -> None:
    obj = full(kinds.EVENT, {**TOLD, **given})
    found = validation.created(rules.STRICT_EVENT, obj)
    assert [f"{each.field}: {each.message}" for each in found] == expected


def test_events_of_the_core_group_may_say_less() -> None:
    about = {"involvedObject": {"namespace": "x"}}
    assert causes(kinds.EVENT, **about, count=3, message="x" * 2000) == []


def metric(**fields: Any) -> Obj:
    return {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 4, "metrics": [fields]}}


def behavior(**rule: Any) -> Obj:
    spec = {"scaleTargetRef": TARGET, "maxReplicas": 4, "behavior": {"scaleDown": rule}}
    return {"spec": spec}


USED = {"type": "Utilization", "averageUtilization": 50}
M = "spec.metrics[0]"
DOWN = "spec.behavior.scaleDown"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (metric(type="Resource", resource={"name": "cpu", "target": USED}), []),
        (
            metric(type="Resource"),
            [f"{M}.resource: Required value: must populate information for the given"],
        ),
        (
            metric(type="Resource", resource={"name": "cpu", "target": {"type": "Utilization"}}),
            [
                f"{M}.resource.target.averageUtilization: Required value: must set either a target "
                "raw value or a target utilization"
            ],
        ),
        (
            metric(
                type="Pods",
                pods={"metric": {"name": "m"}, "target": {"type": "Value", "averageValue": "0"}},
            ),
            [f'{M}.pods.target.averageValue: Invalid value: "0": must be positive'],
        ),
        (
            metric(type="ContainerResource", containerResource={"name": "foo/", "target": USED}),
            [
                f'{M}.containerResource.name: Invalid value: "foo/": name part must be non-empty',
                f"{M}.containerResource.name",
                f"{M}.containerResource.name",
                f"{M}.containerResource.container: Required value: must specify a container",
            ],
        ),
        (
            behavior(stabilizationWindowSeconds=9999),
            [
                f"{DOWN}.stabilizationWindowSeconds: Invalid value: 9999: must be less than or "
                "equal to 3600"
            ],
        ),
        (
            behavior(policies=[{"type": "Pods", "value": 0, "periodSeconds": 1801}]),
            [
                f"{DOWN}.policies[0].value: Invalid value: 0: must be greater than zero",
                f"{DOWN}.policies[0].periodSeconds: Invalid value: 1801: must be less than or",
            ],
        ),
        (behavior(selectPolicy="All"), [f'{DOWN}.selectPolicy: Unsupported value: "All"']),
        (
            {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 0}},
            [
                "spec.maxReplicas: Required value: must be set and greater than 0",
                "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `min",
            ],
        ),
        (
            {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 2, "minReplicas": 0}},
            [
                "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
                "spec.metrics: Forbidden: must specify at least one Object or External metric",
            ],
        ),
    ],
)
def test_autoscalers(given: Obj, expected: list[str]) -> None:
    found = causes(kinds.HPA, **given)
    assert len(found) == len(expected), found
    assert all(each.startswith(start) for each, start in zip(found, expected, strict=True)), found


RULE = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
USER = {"kind": "User", "name": "u", "apiGroup": GROUP}
BLOCK = {"cidr": "10.0.0.0/8", "except": ["1.0.0.0/8"]}
PATH = {"path": "x", "pathType": "Exact"}
ROLE_REF = {"apiGroup": GROUP, "kind": "Role", "name": "r"}


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (kinds.ROLE, {"rules": [RULE]}, []),
        (
            kinds.ROLE,
            {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/x"]}]},
            [
                'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to '
                "non-resource URLs"
            ],
        ),
        (
            kinds.CLUSTER_ROLE,
            {"rules": [{**RULE, "nonResourceURLs": ["/x"]}]},
            [
                'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both '
                "regular resources and non-resource URLs"
            ],
        ),
        (kinds.ROLE_BINDING, {"roleRef": ROLE_REF, "subjects": [USER]}, []),
        (
            kinds.CLUSTER_ROLE_BINDING,
            {"roleRef": ROLE_REF},
            ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
        ),
        (
            kinds.ROLE_BINDING,
            {"roleRef": ROLE_REF, "subjects": [{"kind": "Robot", "name": "r"}]},
            [
                'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", '
                '"User", "Group"'
            ],
        ),
        (
            kinds.ROLE_BINDING,
            {"roleRef": ROLE_REF, "subjects": [{"kind": "ServiceAccount", "name": "A"}]},
            ['subjects[0].name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
        ),
        (
            kinds.POD_DISRUPTION_BUDGET,
            {"spec": {"minAvailable": 1, "maxUnavailable": "150%"}},
            [
                'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"150%",',
                'spec.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
            ],
        ),
        (
            kinds.NETWORK_POLICY,
            {"spec": {"ingress": [{"from": [{}], "ports": [{"port": "a b", "protocol": "X"}]}]}},
            [
                'spec.ingress[0].ports[0].protocol: Unsupported value: "X"',
                'spec.ingress[0].ports[0].port: Invalid value: "a b": must contain only',
                "spec.ingress[0].from[0]: Required value: must specify a peer",
            ],
        ),
        (
            kinds.NETWORK_POLICY,
            {"spec": {"egress": [{"to": [{"ipBlock": BLOCK}]}]}},
            [
                'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "1.0.0.0/8": must be a '
                "strict subset of `cidr`"
            ],
        ),
        (
            kinds.INGRESS,
            {},
            ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
        ),
        (
            kinds.INGRESS,
            {"spec": {"rules": [{"host": "*.a.b", "http": {"paths": [PATH]}}]}},
            [
                'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
                'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service ba',
            ],
        ),
        (
            kinds.INGRESS,
            {"spec": {"defaultBackend": {"service": {"name": "1s", "port": {}}}}},
            ["spec.defaultBackend: Required value: port name or number is required"],
        ),
        (
            kinds.INGRESS_CLASS,
            {"spec": {"controller": "acme", "parameters": {"kind": "A", "name": "b"}}},
            ['spec.controller: Invalid value: "acme": must be a domain-prefixed path (such as "'],
        ),
        (
            kinds.ENDPOINTS,
            {"subsets": [{"addresses": [{"ip": "x"}], "ports": [{"port": 0}]}, {}]},
            [
                'subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address',
                "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535",
                "subsets[1]: Required value: must specify `addresses` or `notReadyAddresses`",
            ],
        ),
        (
            kinds.PERSISTENT_VOLUME,
            {
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "capacity": {"storage": "1Gi", "cpu": "1"},
                    "hostPath": {"path": "/x"},
                    "nfs": {"server": "n", "path": "/x"},
                    "nodeAffinity": {},
                }
            },
            [
                'spec.capacity: Unsupported value: {"storage":"1Gi","cpu":"1"}: supported values',
                "spec.nodeAffinity.required: Required value: must specify required node constr",
                "spec.nfs: Forbidden: may not specify more than 1 volume type",
            ],
        ),
        (
            kinds.NODE,
            {"spec": {"taints": [{"key": "a", "effect": "No"}]}},
            ['metadata.taints[0].effect: Unsupported value: "No": supported values: "NoSchedule"'],
        ),
        (
            kinds.LEASE,
            {"spec": {"leaseTransitions": -1, "preferredHolder": "h"}},
            [
                "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
                "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined",
            ],
        ),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"finalizers": ["nope"]}},
            [
                'metadata.finalizers[0]: Invalid value: "nope": name is neither a standard '
                "finalizer name nor is it fully qualified"
            ],
        ),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"labels": {"a/b/c": "x"}}},
            [
                'metadata.labels: Invalid value: "a/b/c": a valid label key must consist of '
                "alphanumeric characters"
            ],
        ),
        (kinds.CONFIG_MAP, {"metadata": {"generateName": "a-", "name": "a-b"}}, []),
        (
            kinds.CONFIG_MAP,
            {"metadata": {"generateName": "A-", "name": "A-b"}},
            ['metadata.generateName: Invalid value: "A-"', 'metadata.name: Invalid value: "A-b"'],
        ),
        (
            kinds.CONFIG_MAP,
            {"data": {"..": ""}},
            ["data[..]: Invalid value: \"..\": must not be '..'"],
        ),
    ],
)
def test_each_kind(kind: Kind, given: Obj, expected: list[str]) -> None:
    found = causes(kind, **given)
    assert len(found) == len(expected), found
    assert all(each.startswith(start) for each, start in zip(found, expected, strict=True)), found


def test_an_object_on_its_way_out_takes_no_finalizers() -> None:
    old = full(kinds.CONFIG_MAP, {})
    old["metadata"] |= {"deletionTimestamp": "2030-01-01T00:00:00Z", "finalizers": ["a/b"]}
    new = {**old, "metadata": {**old["metadata"], "finalizers": ["a/b", "c/d"]}}
    (found,) = validation.updated(declarations.of(kinds.CONFIG_MAP).rules, old, new)
    assert found.message.endswith('found new finalizers []string{"c/d"}')


def test_what_two_updates_of_an_event_may_change() -> None:
    old = full(kinds.EVENT, dict(TOLD))
    series = {"count": 2, "lastObservedTime": "2030-01-01T00:00:09.000000Z"}
    assert validation.updated(rules.STRICT_EVENT, old, {**old, "series": series}) == []
    (found,) = validation.updated(rules.STRICT_EVENT, old, {**old, "message": "other"})
    assert (found.field, found.message) == (
        "message",
        'Invalid value: "other": field is immutable',
    )


def test_what_was_taken_once_is_not_held_against_other_changes() -> None:
    old = full(kinds.CONFIG_MAP, {"data": {"a/b": ""}})
    labelled = {**old, "metadata": {**old["metadata"], "labels": {"a": "b"}}}
    assert validation.updated(rules.CONFIG_MAP, old, labelled) == []
    assert validation.updated(rules.CONFIG_MAP, old, {**old, "data": {"a/b": "1"}}) != []
