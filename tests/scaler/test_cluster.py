from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scaler.cluster import Cluster
from shared.kube.client import KubeClient
from shared.tasks import Supervisor
from tests.scaler.embedded import embedded

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_catalog_shows_what_the_api_server_has(tmp_path: Path) -> None:
    async with embedded(tmp_path) as made:
        made.add("a", 2, max_scale=4)
        made.controllers.settle()
        kubeconfig = made.kubeconfig()
        async with (
            KubeClient.open(field_manager="scaler", kubeconfig=kubeconfig) as kube,
            Supervisor() as tasks,
        ):
            cluster = Cluster(kube)
            assert "pods" in cluster.missing()
            cluster.start(tasks)
            await cluster.wait()
            assert cluster.synced
            assert not cluster.missing()
            target = cluster.catalog().targets["a"]
            assert target.expose.max_scale == 4
            assert len(target.pods) == 2
            assert cluster.nodes_in_use() == {"hollow"}
            assert cluster.failures()["pods"] == 0


async def test_the_catalog_is_made_anew_only_when_something_has_changed(tmp_path: Path) -> None:
    async with embedded(tmp_path) as made:
        made.add("a", 2)
        made.controllers.settle()
        async with (
            KubeClient.open(field_manager="scaler", kubeconfig=made.kubeconfig()) as kube,
            Supervisor() as tasks,
        ):
            cluster = Cluster(kube)
            cluster.start(tasks)
            await cluster.wait()
            first = cluster.catalog()
            assert cluster.catalog() is first
            made.scale("a", 3)
            while cluster.catalog() is first:
                await asyncio.sleep(0)
            while len(cluster.catalog().targets["a"].pods) < 3:
                await asyncio.sleep(0)
            assert cluster.catalog().targets["a"].replicas == 3
