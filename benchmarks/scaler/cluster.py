"""The embedded API server in a process of its own, with services whose pods are hollow.

`python -m benchmarks.scaler.cluster FOLDER SERVICES PODS GATEWAYS EVERY` prints, when all pods are
ready, the path of a kubeconfig and the addresses of so many gateways, which count requests of all
services. Samples are taken EVERY so many seconds, 0: whenever somebody asks. The number of requests
served so far stands at the path `/api/v1/nodes/hollow/proxy/requests`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from benchmarks.scaler import traffic
from shared.embedded import kinds
from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import administrator
from shared.embedded.api.providers import Providers
from shared.embedded.http.server import ApiServer
from shared.embedded.schema.times import micro_timestamp
from shared.runtime.tasks import Supervisor
from shared.service import names
from tests.scaler.embedded import TOKEN, Embedded

if TYPE_CHECKING:
    from shared.service.objects import Obj

REQUESTED = 0.1
"""Cores each pod asks for."""
USED = 0.6
"""The share of them that it uses, less than the target's by more than the swing."""
WINDOW = 1.0
"""Seconds of a sample."""


class Swinging:
    """Samples that are taken `every` so many seconds; 0: each is a new one in every tick. All are
    alike, and whole ones made anew would be the slow part, so that only times and numbers change.
    """

    def __init__(self, items: list[Obj], every: float) -> None:
        self._items = items
        self._every = every

    def __call__(self, _: str | None) -> list[Obj]:
        now = time.time()
        if self._every:
            now -= now % self._every
        at = micro_timestamp(now)
        usage = {
            "cpu": f"{round(USED * REQUESTED * traffic.level(now - WINDOW, now) * 1e9)}n",
            "memory": "1024Ki",
        }
        for item in self._items:
            item["timestamp"] = at
            item["containers"][0]["usage"] = usage
        return self._items


class Gateways:
    """So many admin ports, each of which tells of all services."""

    def __init__(self, services: dict[str, list[str]], number: int) -> None:
        self._services = list(services.items())
        self._number = number
        self._began = time.time()

    async def start(self) -> list[str]:
        """Serve as long as the process; the addresses."""
        application = web.Application()
        application.router.add_get("/load", self._load)
        application.router.add_get("/wakes", _wakes)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        for _ in range(self._number):
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        return [f"http://{host}:{port}" for host, port in runner.addresses]

    async def _load(self, _: web.Request) -> web.Response:
        told = traffic.counts(self._services, self._began, time.time(), self._number)
        return web.Response(body=orjson.dumps(told), content_type="application/json")


async def _wakes(request: web.Request) -> web.WebSocketResponse:
    """Nobody waits: all pods are ready."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for _ in socket:
        pass
    return socket


class CountingServer(ApiServer):
    """Knows how many requests came."""

    requests = 0

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        return await super()._handle(request)


async def main(folder: Path, services: int, pods: int, gateways: int, every: int) -> None:
    """Serve until killed."""
    cluster = Embedded(folder)
    for index in range(services):
        name = f"service-{index}"
        cluster.add(name, pods, min_scale=pods, max_scale=max(10, 2 * pods))
        cluster.load[name] = USED * REQUESTED * pods
    cluster.controllers.settle()
    async with Supervisor() as tasks:
        server = CountingServer(
            cluster.api,
            Tokens({TOKEN: administrator()}),
            Providers(
                pod_metrics=Swinging(cluster.usage(None), every),
                node_proxy=lambda _, __: ("text/plain", str(server.requests).encode()),
            ),
        )
        cluster.port = await server.start()
        owned: dict[str, list[str]] = {}
        for pod in cluster.api.list(kinds.POD, names.NAMESPACE):
            app = pod["metadata"]["labels"]["app"].removeprefix(names.app_label(""))
            owned.setdefault(app, []).append(pod["metadata"]["name"])
        assert {len(each) for each in owned.values()} == {pods}
        addresses = await Gateways(owned, gateways).start()
        print(cluster.kubeconfig(), *addresses, flush=True)
        await tasks.failed()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *map(int, sys.argv[2:6])))
