"""Garbage collection: objects go with their owner, unless they are orphaned on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.kube.resources import CONFIGMAPS, SECRETS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from shared.kube.client import KubeClient

    Eventually = Callable[..., Awaitable[dict[str, dict[str, Any]]]]


async def owned(kube: KubeClient, namespace: str) -> dict[str, Any]:
    """A ConfigMap `owner` and a Secret `owned` that belongs to it; the owner is returned."""
    owner = await kube.create(CONFIGMAPS, {"metadata": {"name": "owner"}}, namespace)
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": owner["metadata"]["uid"],
    }
    meta = {"name": "owned", "ownerReferences": [reference]}
    await kube.create(SECRETS, {"metadata": meta}, namespace)
    return owner


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
async def test_what_is_owned_goes_with_its_owner(
    kube: KubeClient, namespace: str, eventually: Eventually, propagation: str
) -> None:
    await owned(kube, namespace)
    await kube.delete(CONFIGMAPS, "owner", namespace, propagation=propagation)
    await eventually(SECRETS, lambda items: "owned" not in items)
    await eventually(CONFIGMAPS, lambda items: "owner" not in items)


async def test_orphans_stay_and_forget_their_owner(
    kube: KubeClient, namespace: str, eventually: Eventually
) -> None:
    await owned(kube, namespace)
    await kube.delete(CONFIGMAPS, "owner", namespace, propagation="Orphan")
    await eventually(CONFIGMAPS, lambda items: "owner" not in items)
    left = await kube.get(SECRETS, "owned", namespace)
    assert not left["metadata"].get("ownerReferences")


async def test_an_object_whose_owner_never_was_is_collected(
    kube: KubeClient, namespace: str, eventually: Eventually
) -> None:
    owner = await owned(kube, namespace)
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": "00000000-0000-0000-0000-000000000000",
    }
    meta = {"name": "stray", "ownerReferences": [reference]}
    await kube.create(SECRETS, {"metadata": meta}, namespace)
    await eventually(SECRETS, lambda items: "stray" not in items)
    assert (await kube.get(CONFIGMAPS, "owner", namespace))["metadata"]["uid"] == owner["metadata"][
        "uid"
    ]
