"""Lists and watches: order, versions, pages, and versions the server no longer knows."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from shared.kube import errors
from shared.kube.resources import CONFIGMAPS

if TYPE_CHECKING:
    from shared.kube.client import KubeClient


OURS = "of=contract"
"""The label of what these tests make: a cluster puts a ConfigMap into each new namespace."""


def config(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {"of": "contract", **labels}}, "data": {"k": "1"}}


async def collect(
    kube: KubeClient, namespace: str, version: str, count: int, labels: str = OURS
) -> list[tuple[str, str]]:
    """The first `count` events after `version`, as (type, name), bookmarks left out."""
    seen: list[tuple[str, str]] = []
    stream = kube.watch(
        CONFIGMAPS, namespace, resource_version=version, labels=labels, timeout=20.0
    )
    async with aclosing(stream):
        async for event in stream:
            if event["type"] != "BOOKMARK":
                seen.append((event["type"], event["object"].get("metadata", {}).get("name", "")))
            if len(seen) == count:
                break
    return seen


async def version_of(kube: KubeClient, namespace: str) -> str:
    return str((await kube.list(CONFIGMAPS, namespace))["metadata"]["resourceVersion"])


async def test_a_watch_tells_all_that_happened_after_the_list_in_order(
    kube: KubeClient, namespace: str
) -> None:
    version = await version_of(kube, namespace)
    await kube.create(CONFIGMAPS, config("a"), namespace)
    await kube.patch(CONFIGMAPS, "a", {"data": {"k": "2"}}, namespace)
    await kube.delete(CONFIGMAPS, "a", namespace)
    assert await collect(kube, namespace, version, 3) == [
        ("ADDED", "a"),
        ("MODIFIED", "a"),
        ("DELETED", "a"),
    ]


async def test_an_object_that_leaves_the_selection_is_deleted_for_the_watcher(
    kube: KubeClient, namespace: str
) -> None:
    await kube.create(CONFIGMAPS, config("a", role="in"), namespace)
    version = await version_of(kube, namespace)
    await kube.patch(CONFIGMAPS, "a", {"metadata": {"labels": {"role": "out"}}}, namespace)
    await kube.patch(CONFIGMAPS, "a", {"metadata": {"labels": {"role": "in"}}}, namespace)
    assert await collect(kube, namespace, version, 2, labels="role=in") == [
        ("DELETED", "a"),
        ("ADDED", "a"),
    ]


async def test_an_old_version_is_replayed_or_expired_and_never_skipped(
    kube: KubeClient, namespace: str
) -> None:
    await kube.create(CONFIGMAPS, config("a"), namespace)
    stream = kube.watch(CONFIGMAPS, namespace, resource_version="1", labels=OURS, timeout=20.0)
    async with aclosing(stream):
        async for event in stream:
            if event["type"] == "BOOKMARK":
                continue
            if event["type"] == "ERROR":
                assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")
            else:
                assert event["type"] == "ADDED"
            return
    pytest.fail("the watch ended without an event")


async def test_a_watch_ends_in_peace_when_its_time_is_up(kube: KubeClient, namespace: str) -> None:
    version = await version_of(kube, namespace)
    stream = kube.watch(CONFIGMAPS, namespace, resource_version=version, labels=OURS, timeout=1.0)
    async with aclosing(stream):
        types = {event["type"] async for event in stream}
    assert types <= {"BOOKMARK"}


async def test_pages_join_to_the_whole_list(kube: KubeClient, namespace: str) -> None:
    for index in range(5):
        await kube.create(CONFIGMAPS, config(f"c{index}", of="pages"), namespace)
    first = await kube.page(CONFIGMAPS, namespace, labels="of=pages", limit=2)
    assert [item["metadata"]["name"] for item in first["items"]] == ["c0", "c1"]
    rest = await kube.page(
        CONFIGMAPS,
        namespace,
        labels="of=pages",
        limit=10,
        continue_=first["metadata"]["continue"],
    )
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c2", "c3", "c4"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_fields_select_by_name(kube: KubeClient, namespace: str) -> None:
    await kube.create(CONFIGMAPS, config("a"), namespace)
    await kube.create(CONFIGMAPS, config("b"), namespace)
    found = await kube.list(CONFIGMAPS, namespace, fields="metadata.name=b")
    assert [item["metadata"]["name"] for item in found["items"]] == ["b"]


async def test_a_malformed_selector_is_refused(kube: KubeClient, namespace: str) -> None:
    with pytest.raises(errors.KubeError) as refused:
        await kube.list(CONFIGMAPS, namespace, labels="===")
    assert refused.value.status == 400
