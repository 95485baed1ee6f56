"""Pods come and go under load, and no request fails: a gateway process, a cluster, real clients."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from shared.runtime.ports import free_port
from tests.gateway.fake_cluster import (
    Cluster,
    configmap,
    endpoint_slice,
    entry,
    kubeconfig,
    serving,
)
from tests.gateway.processes import GatewayProcess, gateway
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

Load = Counter[object]


class Replica:
    """A pod: answers with its name, after a little work."""

    def __init__(self, address: str, name: str) -> None:
        self.address = address
        self.name = name
        self.terminating = False
        self._runner: web.AppRunner | None = None

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        await asyncio.sleep(0.005)
        return web.Response(text=f"{self.name} {len(body)}")

    async def start(self, port: int) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=2.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.address, port).start()

    async def stop(self) -> None:
        """As a pod that is told to end: no new connections, idle ones closed, the rest finished."""
        if self._runner is not None:
            await self._runner.cleanup()


class Fleet:
    """The pods of service `a`, as the cluster tells of them."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.port = free_port()
        self.replicas: list[Replica] = []
        self._made = 0

    def publish(self) -> None:
        entries = [
            entry(
                one.address,
                one.name,
                ready=not one.terminating,
                serving=True,
                terminating=one.terminating,
            )
            for one in self.replicas
        ]
        self.cluster.put("endpointslices", endpoint_slice("a", *entries, port=self.port))

    async def grow(self) -> None:
        self._made += 1
        replica = Replica(f"127.0.77.{self._made}", f"pod-{self._made}")
        await replica.start(self.port)
        self.replicas.append(replica)
        self.publish()

    async def shrink(self, seen: Load) -> None:
        """Take the oldest pod away, which goes on, as with a preStop hook, until nobody asks it."""
        replica = next(one for one in self.replicas if not one.terminating)
        replica.terminating = True
        self.publish()
        await unasked(replica.name, seen)
        await replica.stop()
        self.replicas.remove(replica)
        self.publish()

    async def close(self) -> None:
        for one in self.replicas:
            await one.stop()


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with serving() as cluster:
        fleet = Fleet(cluster)
        cluster.put("configmaps", configmap("a"))
        await fleet.grow()
        yield fleet
        await fleet.close()


@pytest.fixture
async def process(fleet: Fleet, tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    async with gateway(kubeconfig(tmp_path, fleet.cluster.port)) as process:
        await process.url()
        yield process


async def _client(url: str, post: bool, seen: Load, over: asyncio.Event) -> None:
    async with aiohttp.ClientSession() as session:
        while not over.is_set():
            method, data = ("POST", b"x" * 1024) if post else ("GET", None)
            try:
                async with session.request(method, url, data=data) as answer:
                    text = await answer.text()
                    seen[answer.status if answer.status != 200 else "ok"] += 1
                    seen[text.partition(" ")[0]] += answer.status == 200
            except aiohttp.ClientError as error:
                seen[repr(error)] += 1


@contextlib.asynccontextmanager
async def load(url: str, *, posts: int = 3, gets: int = 5) -> AsyncIterator[Load]:
    """Requests on some connections, without pause; the answers are counted."""
    seen: Load = Counter()
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(posts + gets):
            client = _client(url, number < posts, seen, over)
            group.create_task(client, name=f"client {number}")
        try:
            yield seen
        finally:
            over.set()


async def more(seen: Load, count: int) -> None:
    """Wait for so many answers."""
    goal = seen["ok"] + count
    await until(lambda: seen["ok"] >= goal, f"{count} more answers")


async def unasked(pod: str, seen: Load) -> None:
    """Wait until the gateway has heard that the pod ends: of many answers none is the pod's."""
    before = -1
    while seen[pod] != before:
        before = seen[pod]
        await more(seen, 50)


def failed(seen: Load) -> dict[object, int]:
    return {key: n for key, n in seen.items() if key != "ok" and not str(key).startswith("pod-")}


async def _restart(fleet: Fleet, seen: Load) -> None:
    for _ in range(4):
        await fleet.grow()
        await more(seen, 50)
        await fleet.shrink(seen)
        await more(seen, 50)


async def _scale(fleet: Fleet, seen: Load) -> None:
    for _ in range(7):
        await fleet.grow()
        await more(seen, 20)
    await more(seen, 200)
    for _ in range(7):
        await fleet.shrink(seen)
        await more(seen, 20)


async def _churn(fleet: Fleet, seen: Load) -> None:
    """A hundred changes a second: pods become ready and unready, come and go."""
    for _ in range(3):
        await fleet.grow()
    for turn in range(200):
        for index, one in enumerate(fleet.replicas):
            one.terminating = (turn >> index) & 1 == 1 and index > 0
        fleet.publish()
        await asyncio.sleep(0.008)


@pytest.mark.parametrize("change", [_restart, _scale, _churn])
async def test_no_request_fails_while_pods_change(
    change: Callable[[Fleet, Load], Awaitable[None]], fleet: Fleet, process: GatewayProcess
) -> None:
    async with load(await process.url("/")) as seen:
        await more(seen, 20)
        await change(fleet, seen)
    assert not failed(seen)
    assert sum(str(key).startswith("pod-") and n > 0 for key, n in seen.items()) >= 3


async def test_pods_that_end_without_notice_fail_no_request_that_may_be_repeated(
    fleet: Fleet, process: GatewayProcess
) -> None:
    """Their listeners and idle connections are gone before the gateway has heard of it."""
    async with load(await process.url("/"), posts=0, gets=8) as seen:
        await more(seen, 20)
        for _ in range(5):
            await fleet.grow()
            await more(seen, 50)
            (oldest, *_) = fleet.replicas
            await oldest.stop()
            await more(seen, 50)
            fleet.replicas.remove(oldest)
            fleet.publish()
    assert not failed(seen)


async def test_tokens_and_routes_change_without_a_reconnect(
    fleet: Fleet, process: GatewayProcess
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)

    async def status(token: str) -> int:
        """On this one connection."""
        writer.write(
            b"GET /system/services/a/exposed/ HTTP/1.1\r\nHost: h\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\n\r\n"
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        await reader.readexactly(int(length))
        return int(head[9:12])

    async def becomes(expected: int, token: str) -> None:
        async def as_expected() -> bool:
            return await status(token) == expected

        await until(as_expected, f"status {expected}")

    async with load(await process.url("/", "b")) as others:
        fleet.cluster.put("configmaps", configmap("b"))
        slice_b = endpoint_slice("b", entry(fleet.replicas[0].address), port=fleet.port)
        fleet.cluster.put("endpointslices", slice_b)
        await more(others, 20)
        others.clear()
        for number in range(5):
            token = f"{number}" * 64
            fleet.cluster.put("configmaps", configmap("a", set_auth=True, token=token))
            await becomes(200, token)
            assert await status("x" * 64) == 401
            assert await status(f"{number - 1}" * 64) == 401
        fleet.cluster.delete("configmaps", "a")
        await becomes(404, "")
        fleet.cluster.put("configmaps", configmap("a"))
        fleet.publish()
        await becomes(200, "")
        await more(others, 20)
    assert not failed(others)
    writer.close()
