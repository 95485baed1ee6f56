"""A service made again while objects of its predecessor are there is born as if they were not.

Kubernetes collects garbage some time after a delete; finalizers here hold it up.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.management.metrics import Metrics
from gateway.management.problems import RefusalError
from gateway.management.store.catalog import Catalog
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler, Result
from shared.embedded import kinds
from shared.embedded.kinds import Kind
from shared.kube.resources import CONFIGMAPS
from shared.runtime.clock import ManualClock, settle
from shared.service import names
from shared.service.model import Environment, Service
from shared.service.tokens import digest
from tests.gateway.management.cluster import NS, Cluster

HELD = {"metadata": {"finalizers": ["test/held"]}}
FREE: dict[str, Any] = {"metadata": {"finalizers": None}}
SECRET = Environment(secrets={"KEY": "old"})


def held(cluster: Cluster, kind: Kind, name: str) -> None:
    cluster.api.patch(kind, name, NS, HELD, manager="test")


def freed(cluster: Cluster, kind: Kind, name: str) -> None:
    cluster.api.patch(kind, name, NS, FREE, manager="test")


OBJECTS = [
    (kinds.DEPLOYMENT, "ocr-dlp"),
    (kinds.SERVICE, "ocr-svc"),
    (kinds.SECRET, "ocr-token"),
    (kinds.SECRET, "ocr-env"),
]


@pytest.mark.parametrize(("kind", "name"), OBJECTS, ids=[name for _, name in OBJECTS])
async def test_it_waits_until_what_a_deleted_service_has_left_is_gone(
    cluster: Cluster, service: Service, kind: Kind, name: str
) -> None:
    clock = ManualClock()
    lifecycle = Lifecycle(cluster.kube, clock=clock)
    await lifecycle.create(replace(service, environment=SECRET))
    await lifecycle.stop("ocr")
    held(cluster, kind, name)
    await cluster.kube.delete(CONFIGMAPS, "ocr", NS)
    again = asyncio.create_task(lifecycle.create(service))
    while not clock.sleeping:
        await asyncio.sleep(0)
    assert not again.done()
    freed(cluster, kind, name)
    await clock.advance(10)
    await again
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2
    assert cluster.deployment("ocr")["metadata"]["annotations"].keys() == {names.RENDERED}
    found = await Catalog(cluster.kube).find("ocr")
    assert found is not None
    assert found.digest == digest(found.token)


async def test_it_gives_up_after_a_while_and_leaves_nothing_of_its_own(
    cluster: Cluster, service: Service
) -> None:
    clock = ManualClock()
    lifecycle = Lifecycle(cluster.kube, clock=clock)
    await lifecycle.create(service)
    held(cluster, kinds.DEPLOYMENT, "ocr-dlp")
    await cluster.kube.delete(CONFIGMAPS, "ocr", NS)
    again = asyncio.create_task(lifecycle.create(service))
    while not again.done():
        await asyncio.sleep(0)
        await clock.advance(1)
        await settle()
    with pytest.raises(RefusalError, match="Deployment ocr-dlp of a deleted service") as caught:
        await again
    assert caught.value.status == 409
    assert cluster.names(kinds.CONFIG_MAP) == cluster.names(kinds.SECRET) == []


async def test_objects_of_a_dead_owner_are_not_adopted(cluster: Cluster, service: Service) -> None:
    """As a garbage collector that has not come yet leaves them."""
    await Lifecycle(cluster.kube).create(service)
    cluster.scale("ocr", 5)
    before = cluster.deployment("ocr")
    root = cluster.configmap("ocr")
    cluster.api.store._listeners.clear()  # nobody collects
    await cluster.kube.delete(CONFIGMAPS, "ocr", NS)
    await Lifecycle(cluster.kube).create(service)
    after = cluster.deployment("ocr")
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["spec"]["replicas"] == 2
    owners = [one["uid"] for one in after["metadata"]["ownerReferences"]]
    assert owners == [cluster.configmap("ocr")["metadata"]["uid"]] != [root["metadata"]["uid"]]


async def test_a_reconcile_removes_them_where_garbage_collection_does_not(
    cluster: Cluster, service: Service
) -> None:
    await Lifecycle(cluster.kube).create(replace(service, environment=SECRET))
    cluster.api.store._listeners.clear()
    await cluster.kube.delete(CONFIGMAPS, "ocr", NS)
    one = Reconciler(cluster.kube, Lifecycle(cluster.kube), Metrics())
    assert await one.round() == {Result.REMOVED: 1}
    for kind in (kinds.SECRET, kinds.SERVICE, kinds.DEPLOYMENT):
        assert cluster.names(kind) == []
