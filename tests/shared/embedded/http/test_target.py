"""Paths and methods as kind, namespace, name, subresource and verb."""

from __future__ import annotations

import pytest

from shared.embedded import kinds
from shared.embedded.access.rbac import Attributes
from shared.embedded.http.target import Target, flag, parse


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/api/v1/pods", {}, Target("list", "", "v1", "pods")),
        ("GET", "/api/v1/pods", {"watch": "true"}, Target("watch", "", "v1", "pods")),
        ("GET", "/api/v1/namespaces/x/pods", {}, Target("list", "", "v1", "pods", "x")),
        ("GET", "/api/v1/namespaces/x/pods/p", {}, Target("get", "", "v1", "pods", "x", "p")),
        (
            "GET",
            "/api/v1/namespaces/x/pods/p/log",
            {},
            Target("get", "", "v1", "pods", "x", "p", "log"),
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/x/deployments/d/scale",
            {},
            Target("patch", "apps", "v1", "deployments", "x", "d", "scale"),
        ),
        ("GET", "/api/v1/namespaces/x", {}, Target("get", "", "v1", "namespaces", None, "x")),
        (
            "PUT",
            "/api/v1/namespaces/x/status",
            {},
            Target("update", "", "v1", "namespaces", None, "x", "status"),
        ),
        ("POST", "/api/v1/namespaces", {}, Target("create", "", "v1", "namespaces")),
        (
            "GET",
            "/api/v1/nodes/n/proxy/metrics/resource",
            {},
            Target("get", "", "v1", "nodes", None, "n", "proxy", "metrics/resource"),
        ),
        ("DELETE", "/api/v1/pods", {}, Target("deletecollection", "", "v1", "pods")),
        (
            "GET",
            "/api/v1/namespaces/x/pods",
            {"fieldSelector": "metadata.name=p", "watch": "1"},
            Target("watch", "", "v1", "pods", "x", "p"),
        ),
        ("GET", "/api/v1/watch/pods", {}, Target("watch", "", "v1", "pods")),
        (
            "GET",
            "/apis/apps/v1/watch/namespaces/x/deployments/d",
            {},
            Target("watch", "apps", "v1", "deployments", "x", "d"),
        ),
        ("HEAD", "/api/v1/pods", {}, Target("list", "", "v1", "pods")),
        ("GET", "/api/v1", {}, None),
        ("GET", "/apis/apps/v1", {}, None),
        ("GET", "/version", {}, None),
    ],
)
def test_parse(method: str, path: str, query: dict[str, str], expected: Target | None) -> None:
    assert parse(method, path, query) == expected


def test_attributes_name_the_subresource() -> None:
    target = Target("patch", "apps", "v1", "deployments", "x", "d", "scale")
    assert target.kind is kinds.DEPLOYMENT
    assert target.attributes() == Attributes("patch", "apps", "deployments/scale", "x", "d")


def test_a_namespace_lies_in_itself() -> None:
    target = Target("get", "", "v1", "namespaces", None, "x")
    assert target.attributes() == Attributes("get", "", "namespaces", "x", "x")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"a": "1"}, True),
        ({"a": "yes"}, True),
        ({"a": ""}, True),
        ({"a": "0"}, False),
        ({"a": "False"}, False),
        ({}, False),
    ],
)
def test_what_is_there_is_true_unless_it_says_no(query: dict[str, str], expected: bool) -> None:
    assert flag(query, "a") is expected
