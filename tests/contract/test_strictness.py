"""Fields that a kind has not got are refused, warned of or dropped, as is asked; never kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS

if TYPE_CHECKING:
    from tests.contract.conftest import Asking

CONTAINER = {"name": "main", "image": "example.com/i:1"}


def deployment(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [CONTAINER]}}
    known = {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x"},
        "spec": known | spec,
    }


async def test_strict_refuses_what_is_unknown(ask: Asking, namespace: str) -> None:
    path = DEPLOYMENTS.path(namespace)
    answer = await ask("POST", path, deployment(foo=1), fieldValidation="Strict")
    assert answer.status == 400
    assert 'strict decoding error: unknown field "spec.foo"' in answer.message
    assert (await ask("GET", DEPLOYMENTS.path(namespace, "x"))).status == 404


async def test_strict_refuses_what_is_said_twice(ask: Asking, namespace: str) -> None:
    body = b'{"metadata": {"name": "c"}, "data": {"k": "1"}, "data": {"k": "2"}}'
    answer = await ask("POST", CONFIGMAPS.path(namespace), body, fieldValidation="Strict")
    assert answer.status == 400
    assert 'duplicate field "data"' in answer.message


@pytest.mark.parametrize("mode", ["Warn", "Ignore", ""])
async def test_else_it_is_dropped_and_warned_of_unless_ignored(
    ask: Asking, namespace: str, mode: str
) -> None:
    asked = {"fieldValidation": mode} if mode else {}
    answer = await ask("POST", DEPLOYMENTS.path(namespace), deployment(foo=1), **asked)
    assert answer.status == 201
    assert "foo" not in answer.body["spec"]
    assert any("spec.foo" in each for each in answer.warnings) == (mode != "Ignore")


async def test_no_other_mode_is_known(ask: Asking, namespace: str) -> None:
    answer = await ask("POST", CONFIGMAPS.path(namespace), {}, fieldValidation="Foo")
    assert answer.status == 422
    assert "fieldValidation" in answer.message


@pytest.mark.parametrize(
    ("kind", "status"),
    [("strategic-merge-patch+json", 422), ("merge-patch+json", 422), ("apply-patch+yaml", 500)],
)
async def test_patches_are_held_to_it_too(
    ask: Asking, namespace: str, kind: str, status: int
) -> None:
    await ask("POST", DEPLOYMENTS.path(namespace), deployment())
    path = DEPLOYMENTS.path(namespace, "x")
    body = deployment(foo=1) if kind.startswith("apply") else {"spec": {"foo": 1}}
    manager = {"fieldManager": "contract", "force": "true"} if kind.startswith("apply") else {}
    answer = await ask("PATCH", path, body, kind, fieldValidation="Strict", **manager)
    assert answer.status == status
    assert "foo" in answer.message


async def test_a_dry_run_answers_and_keeps_nothing(ask: Asking, namespace: str) -> None:
    answer = await ask("POST", DEPLOYMENTS.path(namespace), deployment(), dryRun="All")
    assert answer.status == 201
    assert answer.body["metadata"]["uid"]
    assert (await ask("GET", DEPLOYMENTS.path(namespace, "x"))).status == 404
