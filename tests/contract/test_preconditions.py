"""Optimistic locking: what a writer must know before it may overwrite or delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.kube import errors
from shared.kube.resources import CONFIGMAPS, LEASES

if TYPE_CHECKING:
    from shared.kube.client import KubeClient


async def test_a_lease_has_one_creator(kube: KubeClient, other: KubeClient, namespace: str) -> None:
    lease = {"metadata": {"name": "leader"}, "spec": {"holderIdentity": "one"}}
    await kube.create(LEASES, lease, namespace)
    with pytest.raises(errors.AlreadyExists):
        await other.create(LEASES, lease, namespace)


async def test_of_two_that_renew_a_lease_at_once_one_is_refused(
    kube: KubeClient, other: KubeClient, namespace: str
) -> None:
    spec = {"holderIdentity": "one", "leaseDurationSeconds": 12}
    held = await kube.create(LEASES, {"metadata": {"name": "leader"}, "spec": spec}, namespace)
    mine = held | {"spec": spec | {"renewTime": "2030-01-01T00:00:00.000001Z"}}
    renewed = await kube.replace(LEASES, mine, namespace)
    assert renewed["spec"]["renewTime"] == "2030-01-01T00:00:00.000001Z"
    with pytest.raises(errors.Conflict):
        await other.replace(LEASES, held | {"spec": {"holderIdentity": "two"}}, namespace)


async def test_only_the_very_object_is_deleted(kube: KubeClient, namespace: str) -> None:
    created = await kube.create(CONFIGMAPS, {"metadata": {"name": "c"}}, namespace)
    with pytest.raises(errors.Conflict):
        await kube.delete(CONFIGMAPS, "c", namespace, uid="00000000-0000-0000-0000-000000000000")
    await kube.delete(CONFIGMAPS, "c", namespace, uid=created["metadata"]["uid"])
    with pytest.raises(errors.NotFound):
        await kube.get(CONFIGMAPS, "c", namespace)


async def test_a_failing_test_of_a_json_patch_changes_nothing(
    kube: KubeClient, namespace: str
) -> None:
    await kube.create(CONFIGMAPS, {"metadata": {"name": "c"}, "data": {"k": "1"}}, namespace)
    operations = [
        {"op": "test", "path": "/data/k", "value": "other"},
        {"op": "replace", "path": "/data/k", "value": "2"},
    ]
    with pytest.raises(errors.Invalid):
        await kube.patch(CONFIGMAPS, "c", operations, namespace, kind="json")
    assert (await kube.get(CONFIGMAPS, "c", namespace))["data"] == {"k": "1"}
