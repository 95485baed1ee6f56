from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from scaler.cluster.informers import SILENCE, CacheStatus, Cluster
from shared.kube.client import KubeClient
from shared.runtime.clock import ManualClock
from shared.runtime.tasks import Supervisor
from tests.scaler.embedded import embedded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shared.kube.changes import Change
    from shared.runtime.clock import Clock


class Watched(Cluster):
    """Lets a test wait for a change of the caches."""

    def __init__(self, kube: KubeClient, clock: Clock | None = None) -> None:
        super().__init__(kube, clock)
        self._event = asyncio.Event()

    def _changed(self, change: Change) -> None:
        super()._changed(change)
        self._event.set()

    async def until(self, done: Callable[[], bool]) -> None:
        while not done():
            self._event.clear()
            await self._event.wait()

    def ages(self) -> dict[str, float | None]:
        return {each.resource: each.age for each in self.cache_statuses()}


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
            assert "waiting for the first list of pods" in cluster.unready_reasons()
            cluster.start(tasks)
            await cluster.wait()
            assert cluster.synced
            assert not cluster.unready_reasons()
            target = cluster.catalog().targets["a"]
            assert target.expose.max_scale == 4
            assert len(target.pods) == 2
            assert cluster.nodes_in_use() == {"hollow"}
            assert {each.failures for each in cluster.cache_statuses()} == {0}


async def test_the_catalog_is_made_anew_only_when_something_has_changed(tmp_path: Path) -> None:
    async with embedded(tmp_path) as made:
        made.add("a", 2)
        made.controllers.settle()
        async with (
            KubeClient.open(field_manager="scaler", kubeconfig=made.kubeconfig()) as kube,
            Supervisor() as tasks,
        ):
            cluster = Watched(kube)
            cluster.start(tasks)
            await cluster.wait()
            first = cluster.catalog()
            assert cluster.catalog() is first
            made.scale("a", 3)
            await cluster.until(lambda: cluster.catalog() is not first)
            await cluster.until(lambda: len(cluster.catalog().targets["a"].pods) == 3)
            assert cluster.catalog().targets["a"].replicas == 3


@pytest.mark.parametrize(
    ("age", "problem", "unready_reason"),
    [
        (None, "", "waiting for the first list of pods"),
        (None, "forbidden; allow it", "waiting for the first list of pods: forbidden; allow it"),
        (SILENCE, "reset", ""),
        (SILENCE + 1, "reset", "nothing was heard of pods for 301 s: reset"),
    ],
)
def test_what_is_said_of_a_collection(age: float | None, problem: str, unready_reason: str) -> None:
    assert CacheStatus("pods", 0, age, problem).unready_reason == unready_reason


async def test_a_watch_that_has_been_silent_for_long_is_told(tmp_path: Path) -> None:
    clock = ManualClock()
    async with (
        embedded(tmp_path) as made,
        KubeClient.open(field_manager="scaler", kubeconfig=made.kubeconfig()) as kube,
        Supervisor() as tasks,
    ):
        cluster = Watched(kube, clock)
        cluster.start(tasks)
        await cluster.wait()
        await clock.advance(SILENCE)
        assert cluster.unready_reasons() == []
        await clock.advance(1.0)
        assert "nothing was heard of deployments for 301 s" in cluster.unready_reasons()
        made.add("a", 1)
        await cluster.until(lambda: cluster.ages()["deployments"] == 0.0)
        await cluster.until(lambda: cluster.ages()["configmaps"] == 0.0)
        assert "nothing was heard of deployments for 301 s" not in cluster.unready_reasons()
        assert cluster.ages()["horizontalpodautoscalers"] == SILENCE + 1.0
