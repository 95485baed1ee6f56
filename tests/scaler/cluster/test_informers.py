from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from scaler.cluster.informers import SILENCE, Cluster, Contact
from shared.kube.client import KubeClient
from shared.runtime.clock import ManualClock
from shared.runtime.tasks import Supervisor
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
            assert "waiting for the first list of pods" in cluster.complaints()
            cluster.start(tasks)
            await cluster.wait()
            assert cluster.synced
            assert not cluster.complaints()
            target = cluster.catalog().targets["a"]
            assert target.expose.max_scale == 4
            assert len(target.pods) == 2
            assert cluster.nodes_in_use() == {"hollow"}
            assert {each.failures for each in cluster.contacts()} == {0}


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


@pytest.mark.parametrize(
    ("age", "problem", "complaint"),
    [
        (None, "", "waiting for the first list of pods"),
        (None, "forbidden; allow it", "waiting for the first list of pods: forbidden; allow it"),
        (SILENCE, "reset", ""),
        (SILENCE + 1, "reset", "nothing was heard of pods for 301 s: reset"),
    ],
)
def test_what_is_said_of_a_collection(age: float | None, problem: str, complaint: str) -> None:
    assert Contact("pods", 0, age, problem).complaint == complaint


async def test_a_watch_that_has_been_silent_for_long_is_told(tmp_path: Path) -> None:
    clock = ManualClock()
    async with (
        embedded(tmp_path) as made,
        KubeClient.open(field_manager="scaler", kubeconfig=made.kubeconfig()) as kube,
        Supervisor() as tasks,
    ):
        cluster = Cluster(kube, clock)
        cluster.start(tasks)
        await cluster.wait()
        await clock.advance(SILENCE)
        assert cluster.complaints() == []
        await clock.advance(1.0)
        assert "nothing was heard of deployments for 301 s" in cluster.complaints()
        made.add("a", 1)
        async with asyncio.timeout(20):
            while "nothing was heard of deployments for 301 s" in cluster.complaints():
                await asyncio.sleep(0.01)
        ages = {each.resource: each.age for each in cluster.contacts()}
        assert (ages["deployments"], ages["configmaps"]) == (0.0, 0.0)
        assert ages["horizontalpodautoscalers"] == SILENCE + 1.0
