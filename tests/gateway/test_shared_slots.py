"""What must hold over several workers: real processes, and pods that count themselves.

`expose.concurrency`, and `expose.rate_limit`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
from aiohttp import web

from tests.gateway.fake_cluster import (
    Cluster,
    configmap,
    endpoint_slice,
    entry,
    kubeconfig,
    serving,
)
from tests.gateway.processes import GatewayProcess, gateway
from tests.loopback import listening
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CONNECTIONS = 16
EACH = 25
EVERYWHERE = "0.0.0.0"
ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


class Pods:
    """Pods that work on a request for a few turns of the loop, and count how many they have."""

    def __init__(self) -> None:
        self.port = 0
        self.here: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self.gate = asyncio.Event()
        self.gate.set()

    async def _work(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        pod = request.transport.get_extra_info("sockname")[0]
        self.here[pod] += 1
        self.most[pod] = max(self.most[pod], self.here[pod])
        try:
            for _ in range(5):
                await asyncio.sleep(0)
            await self.gate.wait()
        finally:
            self.here[pod] -= 1
        self.served[pod] += 1
        return web.Response(text="done")

    async def serve(self, more: int, running: asyncio.Future[Counter[int]]) -> None:
        """Return when so many more requests were served, or all are."""
        wanted = sum(self.served.values()) + more
        await until(lambda: sum(self.served.values()) >= wanted or running.done())

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls) -> AsyncIterator[Pods]:
        pods = cls()
        application = web.Application()
        application.router.add_get("/", pods._work)
        async with listening(application, host=EVERYWHERE) as pods.port:
            try:
                yield pods
            finally:
                pods.gate.set()


@contextlib.asynccontextmanager
async def workers(
    folder: Path, pods: Pods, *addresses: str, count: int = 2, **expose: Any
) -> AsyncIterator[tuple[GatewayProcess, Cluster]]:
    async with serving() as cluster:
        cluster.put(
            "configmaps", configmap("a", api_port=pods.port, **({"concurrency": 1} | expose))
        )
        place(cluster, pods, *addresses)
        config = kubeconfig(folder, cluster.port)
        async with gateway(config, GATEWAY_WORKERS=str(count)) as process:
            await process.said("listening on", times=count)
            yield process, cluster


def place(cluster: Cluster, pods: Pods, *addresses: str) -> None:
    entries = (entry(address) for address in addresses)
    cluster.put("endpointslices", endpoint_slice("a", *entries, port=pods.port))


async def one_connection(url: str, count: int, answers: Counter[int]) -> None:
    """So many requests one after the other; what the gateway's death cuts off counts as 0."""
    async with aiohttp.ClientSession() as client:
        for _ in range(count):
            try:
                async with client.get(url) as answer:
                    await answer.read()
                    answers[answer.status] += 1
            except aiohttp.ClientError:
                answers[0] += 1


async def refused(answers: Counter[int], count: int) -> None:
    """Return when so many requests were."""
    await until(lambda: answers[429] == count)


async def load(process: GatewayProcess, each: int = EACH) -> Counter[int]:
    url, answers = await process.url(), Counter[int]()
    await asyncio.gather(*(one_connection(url, each, answers) for _ in range(CONNECTIONS)))
    return answers


async def test_a_pod_has_never_more_than_it_should_over_two_workers(tmp_path: Path) -> None:
    async with Pods.started() as pods, workers(tmp_path, pods, ADDRESSES[0]) as (process, _):
        assert await load(process) == {200: CONNECTIONS * EACH}
        assert pods.most == {ADDRESSES[0]: 1}


async def test_eight_workers_share_pods_that_come_and_go(tmp_path: Path) -> None:
    async with (
        Pods.started() as pods,
        workers(tmp_path, pods, ADDRESSES[0], count=8, concurrency=2) as (process, cluster),
    ):
        running = asyncio.ensure_future(load(process))
        for addresses in (ADDRESSES, ADDRESSES[1:], ADDRESSES[:2], ADDRESSES[2:], ADDRESSES):
            place(cluster, pods, *addresses)
            await pods.serve(20, running)
        assert await running == {200: CONNECTIONS * EACH}
        assert max(pods.most.values()) == 2, pods.most


async def test_no_slot_is_lost_with_a_worker_that_is_killed(tmp_path: Path) -> None:
    async with Pods.started() as pods, workers(tmp_path, pods, *ADDRESSES[:2]) as (process, _):
        pods.gate.clear()
        running = asyncio.ensure_future(load(process, 1))  # none comes later, and is held again
        await until(lambda: sum(pods.here.values()) == 2, "both pods are busy")
        for child in psutil.Process(process.process.pid).children():
            os.kill(child.pid, signal.SIGKILL)
        await process.said(r"worker \d ended", times=2)
        await until(lambda: not sum(pods.here.values()), "the pods know")
        pods.gate.set()
        await process.said("listening on", times=4)
        await running
        assert await load(process) == {200: CONNECTIONS * EACH}
        assert pods.most == dict.fromkeys(ADDRESSES[:2], 1)


async def test_a_slot_that_one_worker_gives_back_wakes_the_other(tmp_path: Path) -> None:
    """Both have a request that waits: whichever is served first, the other follows it."""
    async with Pods.started() as pods, workers(tmp_path, pods, ADDRESSES[0]) as (process, _):
        pods.gate.clear()
        answers, url = Counter[int](), await process.url()
        waiting = [
            asyncio.ensure_future(one_connection(url, 1, answers)) for _ in range(CONNECTIONS)
        ]
        await until(lambda: sum(pods.here.values()) == 1)
        pods.gate.set()
        await asyncio.gather(*waiting)
        assert answers == {200: CONNECTIONS}
        assert pods.most == {ADDRESSES[0]: 1}


async def test_two_workers_take_as_many_requests_of_a_caller_as_one(tmp_path: Path) -> None:
    async with (
        Pods.started() as pods,
        workers(tmp_path, pods, ADDRESSES[0], concurrency=0, rate_limit={"requests": "100/h"}) as (
            process,
            _,
        ),
    ):
        assert await load(process) == {200: 100, 429: CONNECTIONS * EACH - 100}
        assert sum(pods.served.values()) == 100


async def test_requests_in_flight_are_one_number_and_those_of_a_dead_worker_none(
    tmp_path: Path,
) -> None:
    async with (
        Pods.started() as pods,
        workers(tmp_path, pods, ADDRESSES[0], concurrency=0, rate_limit={"in_flight": 5}) as (
            process,
            _,
        ),
    ):
        for turn in (2, 3):
            pods.gate.clear()
            answers, url = Counter[int](), await process.url()
            asked = [
                asyncio.ensure_future(one_connection(url, 1, answers)) for _ in range(CONNECTIONS)
            ]
            await refused(answers, CONNECTIONS - 5)
            await until(lambda: sum(pods.here.values()) == 5)
            for child in psutil.Process(process.process.pid).children():
                os.kill(child.pid, signal.SIGKILL)
            await asyncio.gather(*asked)
            assert answers == {429: CONNECTIONS - 5, 0: 5}
            await until(lambda: not sum(pods.here.values()), "the pods know")
            await process.said("listening on", times=2 * turn)
