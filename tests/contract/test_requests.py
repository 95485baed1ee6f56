"""What a request may ask, and what is answered to one that asks wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS

if TYPE_CHECKING:
    from tests.contract.conftest import Asking

FUTURE = str(2**62)
NAMED = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
CONTAINER = {"name": "main", "image": "example.com/i:1"}


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": "abc"}, 400),
        ({"continue": "abc", "limit": "2"}, 400),
        ({"resourceVersion": "abc"}, 400),
        ({"resourceVersion": "0", "resourceVersionMatch": "Exact"}, 422),
        ({"resourceVersionMatch": "Exact"}, 422),
        ({"resourceVersion": FUTURE, "resourceVersionMatch": "Exact"}, 504),
        ({"resourceVersion": FUTURE}, 504),
        ({"labelSelector": "a b"}, 400),
        ({"fieldSelector": "data.k=1"}, 400),
    ],
)
async def test_a_list_that_asks_wrongly_is_told_so(
    ask: Asking, namespace: str, params: dict[str, str], status: int
) -> None:
    answer = await ask("GET", CONFIGMAPS.path(namespace), **params)
    assert answer.status == status
    assert answer.body["kind"] == "Status"


async def test_a_version_that_is_not_yet_says_so_to_machines(ask: Asking, namespace: str) -> None:
    answer = await ask("GET", CONFIGMAPS.path(namespace), resourceVersion=FUTURE)
    causes = answer.body["details"]["causes"]
    assert [cause["reason"] for cause in causes] == ["ResourceVersionTooLarge"]


async def test_a_list_at_an_exact_version_has_what_was_then(ask: Asking, namespace: str) -> None:
    made = await ask("POST", CONFIGMAPS.path(namespace), NAMED)
    await ask("DELETE", CONFIGMAPS.path(namespace, "c"))
    answer = await ask(
        "GET",
        CONFIGMAPS.path(namespace),
        resourceVersion=made.body["metadata"]["resourceVersion"],
        resourceVersionMatch="Exact",
    )
    assert "c" in [one["metadata"]["name"] for one in answer.body["items"]]


@pytest.mark.parametrize(
    ("kind", "body", "params", "status"),
    [
        ("apply-patch+yaml", NAMED, {}, 422),
        ("apply-patch+yaml", {"metadata": {"name": "c"}}, {"fieldManager": "a"}, 400),
        ("apply-patch+yaml", NAMED | {"metadata": {"name": "d"}}, {"fieldManager": "a"}, 400),
        ("merge-patch+json", {}, {"force": "true"}, 422),
        ("merge-patch+json", {"metadata": {"name": "d"}}, {}, 400),
        ("json-patch+json", [{"op": "remove", "path": "/data/absent"}], {}, 422),
        ("json-patch+json", {"op": "remove"}, {}, 400),
        ("nothing+json", {}, {}, 415),
    ],
)
async def test_a_patch_that_asks_wrongly_is_told_so(
    ask: Asking, namespace: str, kind: str, body: Any, params: dict[str, str], status: int
) -> None:
    await ask("POST", CONFIGMAPS.path(namespace), NAMED | {"data": {"k": "1"}})
    answer = await ask("PATCH", CONFIGMAPS.path(namespace, "c"), body, kind, **params)
    assert answer.status == status
    assert answer.body["kind"] == "Status"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"propagationPolicy": "Foo"}, 422),
        ({"propagationPolicy": "Orphan", "orphanDependents": True}, 422),
        ({"preconditions": {"resourceVersion": "1"}}, 409),
    ],
)
async def test_a_delete_that_asks_wrongly_deletes_nothing(
    ask: Asking, namespace: str, options: dict[str, Any], status: int
) -> None:
    await ask("POST", CONFIGMAPS.path(namespace), NAMED)
    body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
    assert (await ask("DELETE", CONFIGMAPS.path(namespace, "c"), body)).status == status
    assert (await ask("GET", CONFIGMAPS.path(namespace, "c"))).status == 200


async def test_a_delete_in_the_foreground_answers_the_object_that_goes(
    ask: Asking, namespace: str
) -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [CONTAINER]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}
    await ask("POST", DEPLOYMENTS.path(namespace), body)
    path = DEPLOYMENTS.path(namespace, "x")
    answer = await ask("DELETE", path, None, propagationPolicy="Foreground")
    assert (answer.status, answer.body["kind"]) == (200, "Deployment")
    assert "foregroundDeletion" in answer.body["metadata"]["finalizers"]
