"""Warnings in headers: what is told of pods, workloads and Services, once and within bounds."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from shared.embedded import declarations, kinds, validation
from shared.embedded.http import warnings
from shared.embedded.kinds import Kind
from shared.service.objects import Obj
from tests.shared.embedded.validation.test_init import CONTAINER, container, full, pod

C = "spec.containers[0]"
NULL = "a null labelSelector results in matching no pod"


def told(kind: Kind, fields: Obj) -> list[str]:
    obj = full(kind, fields)
    return list(validation.remarked(declarations.of(kind).rules, None, obj))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (pod(), []),
        (
            container(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
            [
                f'{C}.env[1]: hides previous definition of "A", which may be dropped when using '
                "apply"
            ],
        ),
        (container(env=[{"name": "A"}, {"name": "A", "value": "$(A)2"}]), []),
        (
            container(ports=[{"containerPort": 1}, {"containerPort": 1, "hostPort": 2}]),
            [f"{C}.ports[1]: overlapping port definition with {C}.ports[0]"],
        ),
        (
            pod(
                containers=[
                    {**CONTAINER, "ports": [{"containerPort": 1}]},
                    {**CONTAINER, "name": "d", "ports": [{"containerPort": 1}]},
                ]
            ),
            [f"spec.containers[1].ports[0]: duplicate port definition with {C}.ports[0]"],
        ),
        (
            container(resources={"requests": {"memory": "100m"}}),
            [
                f'{C}.resources.requests[memory]: fractional byte value "100m" is invalid, must '
                "be an integer"
            ],
        ),
        (
            pod(imagePullSecrets=[{"name": "a"}, {"name": "a"}]),
            ['spec.imagePullSecrets[1].name: duplicate name "a"'],
        ),
        (
            pod(nodeSelector={"beta.kubernetes.io/os": "linux"}),
            [
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "
                '"kubernetes.io/os" instead'
            ],
        ),
        (
            pod(topologySpreadConstraints=[{"topologyKey": "a"}]),
            [f"spec.topologySpreadConstraints[0].labelSelector: {NULL}"],
        ),
    ],
)
def test_pods(fields: Obj, expected: list[str]) -> None:
    assert told(kinds.POD, fields) == expected


def deployment(**spec: Any) -> Obj:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER], **spec}}
    return {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}


def test_of_a_workload_only_a_new_generation_is_told() -> None:
    rules = declarations.of(kinds.DEPLOYMENT).rules
    old = full(kinds.DEPLOYMENT, deployment(terminationGracePeriodSeconds=-1))
    old["metadata"]["generation"] = 1
    same = {**old, "metadata": {**old["metadata"], "labels": {"c": "d"}}}
    assert list(validation.remarked(rules, old, same)) == []
    same["metadata"]["generation"] = 2
    assert list(validation.remarked(rules, old, same)) == [
        "spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are "
        "invalid and will be treated as 1"
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"clusterIP": "None", "sessionAffinity": "ClientIP"},
            ["spec.SessionAffinity is ignored for headless services"],
        ),
        ({"externalName": "a.b"}, ['spec.externalName is ignored when spec.type is not "Exter']),
        (
            {"trafficDistribution": "PreferClose"},
            ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
        ),
    ],
)
def test_services(spec: Obj, expected: list[str]) -> None:
    found = told(kinds.SERVICE, {"spec": {"ports": [{"port": 80}], **spec}})
    assert [each[: len(start)] for each, start in zip(found, expected, strict=True)] == expected


def headers(*texts: str) -> list[str]:
    response = web.Response()
    warnings.add(response, texts)
    return response.headers.getall("Warning", [])


def test_a_header_is_quoted_and_told_once() -> None:
    assert headers('a "b" \\', 'a "b" \\') == ['299 - "a \\"b\\" \\\\"']


def test_headers_cannot_be_broken() -> None:
    assert headers("a\r\nSet-Cookie: b") == ['299 - "aSet-Cookie: b"']


def test_headers_are_bounded() -> None:
    found = headers(*(f"{number}{'x' * 1000}" for number in range(100)))
    assert len(found) == 16
    assert all(len(each) < 300 for each in found)
