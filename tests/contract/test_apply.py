"""Server-side apply: who owns a field, and what an apply may change or remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.kube import errors
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS

if TYPE_CHECKING:
    from shared.kube.client import KubeClient


def deployment(image: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "main", "image": image}
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [container]}}
    return {
        "metadata": {"name": "x"},
        "spec": {"selector": {"matchLabels": {"app": "x"}}, "template": template, **spec},
    }


async def test_replicas_that_are_not_stated_stay_with_their_writer(
    kube: KubeClient, other: KubeClient, namespace: str
) -> None:
    created = await kube.apply(DEPLOYMENTS, deployment("example.com/i:1"), namespace)
    assert created["spec"]["replicas"] == 1
    await other.scale("x", 0, namespace, resource_version=None)
    applied = await kube.apply(DEPLOYMENTS, deployment("example.com/i:2"), namespace)
    assert applied["spec"]["replicas"] == 0
    assert applied["spec"]["template"]["spec"]["containers"][0]["image"] == "example.com/i:2"


async def test_another_value_for_an_owned_field_is_a_conflict_unless_forced(
    kube: KubeClient, other: KubeClient, namespace: str
) -> None:
    await kube.apply(CONFIGMAPS, {"metadata": {"name": "c"}, "data": {"k": "1"}}, namespace)
    theirs = {"metadata": {"name": "c"}, "data": {"k": "2"}}
    with pytest.raises(errors.Conflict) as refused:
        await other.apply(CONFIGMAPS, theirs, namespace, force=False)
    assert ".data.k" in refused.value.message
    forced = await other.apply(CONFIGMAPS, theirs, namespace, force=True)
    assert forced["data"] == {"k": "2"}


async def test_the_same_value_is_shared_without_a_conflict(
    kube: KubeClient, other: KubeClient, namespace: str
) -> None:
    body = {"metadata": {"name": "c"}, "data": {"k": "1"}}
    await kube.apply(CONFIGMAPS, body, namespace)
    shared = await other.apply(CONFIGMAPS, body, namespace, force=False)
    managers = {entry["manager"] for entry in shared["metadata"]["managedFields"]}
    assert len(managers) == 2


async def test_a_field_left_out_is_removed_when_nobody_else_owns_it(
    kube: KubeClient, other: KubeClient, namespace: str
) -> None:
    mine = {"metadata": {"name": "c"}, "data": {"mine": "1", "shared": "1"}}
    await kube.apply(CONFIGMAPS, mine, namespace)
    await other.apply(
        CONFIGMAPS, {"metadata": {"name": "c"}, "data": {"shared": "1"}}, namespace, force=False
    )
    left = await kube.apply(CONFIGMAPS, {"metadata": {"name": "c"}}, namespace)
    assert left["data"] == {"shared": "1"}


async def test_an_apply_that_changes_nothing_keeps_the_version(
    kube: KubeClient, namespace: str
) -> None:
    body = {"metadata": {"name": "c"}, "data": {"k": "1"}}
    first = await kube.apply(CONFIGMAPS, body, namespace)
    again = await kube.apply(CONFIGMAPS, body, namespace)
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
