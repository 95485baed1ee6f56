"""The embedded API server in a process of its own, with services whose pods are hollow.

`python -m benchmarks.scaler.cluster FOLDER SERVICES PODS` prints the path of a kubeconfig when all
pods are ready. The number of requests served so far stands at the path
`/api/v1/nodes/hollow/proxy/requests`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from shared.embedded import kinds
from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import administrator
from shared.embedded.api.providers import Providers
from shared.embedded.http.server import ApiServer
from shared.embedded.schema.times import timestamp
from shared.runtime.tasks import Supervisor
from shared.service import names
from tests.scaler.embedded import TOKEN, Embedded

if TYPE_CHECKING:
    from aiohttp import web

    from shared.service.objects import Obj

REQUESTED = 0.1
"""Cores each pod asks for; it uses the target's share of them, so that nothing is to be done."""


class Still:
    """Samples whose numbers never change, as making them anew would be the slow part; their times
    do, so for the scaler every sample is a new one in each tick."""

    def __init__(self, items: list[Obj]) -> None:
        self._items = items

    def __call__(self, _: str | None) -> list[Obj]:
        now = timestamp(time.time())
        for item in self._items:
            item["timestamp"] = now
        return self._items


class CountingServer(ApiServer):
    """Knows how many requests came."""

    requests = 0

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        return await super()._handle(request)


async def main(folder: Path, services: int, pods: int) -> None:
    """Serve until killed."""
    cluster = Embedded(folder)
    for index in range(services):
        name = f"service-{index}"
        cluster.add(name, pods, max_scale=max(10, 2 * pods))
        cluster.load[name] = 0.8 * REQUESTED * pods
    cluster.controllers.settle()
    async with Supervisor() as tasks:
        server = CountingServer(
            cluster.api,
            Tokens({TOKEN: administrator()}),
            Providers(
                pod_metrics=Still(cluster.usage(None)),
                node_proxy=lambda _, __: ("text/plain", str(server.requests).encode()),
            ),
        )
        cluster.port = await server.start()
        assert len(cluster.api.list(kinds.POD, names.NAMESPACE)) == services * pods
        print(cluster.kubeconfig(), flush=True)
        await tasks.failed()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
