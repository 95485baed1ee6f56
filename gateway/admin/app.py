"""The admin port: metrics, probes, the load for the scaler, and the console for people.

It is not for the public: it names services and pods.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gateway.admin import metrics, snapshot

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from gateway.admin.console.calls import Console
    from gateway.admin.snapshot import Snapshot
    from gateway.admin.wakes import WakesCall

    Source = Callable[[], Awaitable[Snapshot]]
    Excuse = Callable[[], Awaitable[str]]
    Troubles = Callable[[str], Awaitable[Mapping[str, Any]]]


class Admin:
    """Handlers over `source`, which takes a snapshot of the gateway.

    `excuse` says why the gateway is not ready, in words; empty when it is. `note` is what to say of
    one that is. `wakes` serves the scalers that listen, and `troubles` has the latest failed and
    slowest requests of a service; a worker has no `console`, as its parent has one for all.
    """

    def __init__(
        self,
        source: Source,
        excuse: Excuse,
        wakes: WakesCall,
        note: Callable[[], str] = str,
        *,
        troubles: Troubles | None = None,
        console: Console | None = None,
    ) -> None:
        self._troubles = troubles
        self._console = console
        self._note = note
        self._wakes = wakes
        self._source = source
        self._excuse = excuse

    def application(self) -> web.Application:
        """The web application of the admin port."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/healthz", _alive),
                web.get("/readyz", self._ready),
                web.get("/metrics", self._metrics),
                web.get("/load", self._load),
                web.get("/wakes", self._wakes.serve),
                web.get("/snapshot", self._snapshot),
            ]
        )
        if self._troubles is not None:
            app.router.add_get("/troubles/{service}", self._latest)
        if self._console is not None:
            self._console.add_to(app)
        app.on_shutdown.append(self._wakes.close)
        return app

    async def _ready(self, _: web.Request) -> web.Response:
        """503 until the route table is complete, and from the beginning of a shutdown."""
        if excuse := await self._excuse():
            return web.Response(status=503, text=f"not ready: {excuse}\n")
        note = self._note()
        return web.Response(text=f"ready, but {note}\n" if note else "ready\n")

    async def _metrics(self, _: web.Request) -> web.Response:
        # In a thread: ten thousand services take a second to print.
        text = await asyncio.to_thread(metrics.render, await self._source())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _load(self, _: web.Request) -> web.Response:
        return web.json_response(snapshot.load(await self._source()))

    async def _snapshot(self, _: web.Request) -> web.Response:
        body = orjson.dumps(await self._source())
        return web.Response(body=body, content_type="application/json")

    async def _latest(self, request: web.Request) -> web.Response:
        assert self._troubles is not None
        body = orjson.dumps(await self._troubles(request.match_info["service"]))
        return web.Response(body=body, content_type="application/json")


@contextlib.asynccontextmanager
async def serving(app: web.Application, where: socket.socket) -> AsyncIterator[None]:
    """Serve `app` on a bound socket inside the block."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, where).start()
        yield
    finally:
        await runner.cleanup()


async def _alive(_: web.Request) -> web.Response:
    return web.Response(text="alive\n")
