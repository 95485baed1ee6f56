"""A gateway's admin port that shows the console what a test tells it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

import gateway.admin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STATIC = Path(gateway.admin.__file__).parent / "console" / "static"
RULES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class Fake:
    """`state` is told at the beginning of each stream, `details` by the name of a service."""

    def __init__(self, state: dict[str, Any], **details: dict[str, Any]) -> None:
        self.state = state
        self.details = details
        self.url = ""
        self._streams: dict[web.StreamResponse, web.Request] = {}

    @property
    def watched(self) -> int:
        """How many streams are open."""
        return sum(request.transport is not None for request in self._streams.values())

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/", _file),
                web.get("/console/stream", self._stream),
                web.get("/console/{file}", _file),
            ]
        )
        return app

    async def tell(self, kind: str, data: dict[str, Any]) -> None:
        """An event on every stream; one that begins meanwhile tells of it from the start."""
        if kind == "change":
            services = {**self.state["services"], **data["services"]}
            for name in data.get("removed", ()):
                services.pop(name, None)
            self.state = {**self.state, "at": data["at"], "services": services}
        for stream in list(self._streams):
            with contextlib.suppress(ConnectionError):  # it was left just now
                await _send(stream, kind, data)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        self._streams[stream] = request
        try:
            await _send(stream, "state", self.state)
            if name := request.query.get("service"):
                known = self.details.get(name)
                await _send(stream, "service" if known else "gone", known or {"name": name})
            await asyncio.get_running_loop().create_future()
        finally:
            del self._streams[stream]
        return stream


@contextlib.asynccontextmanager
async def served(fake: Fake, port: int = 0) -> AsyncIterator[Fake]:
    """The console with `fake` behind it, at `fake.url`."""
    runner = web.AppRunner(fake.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
        await site.start()
        fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield fake
    finally:
        await runner.cleanup()


async def _file(request: web.Request) -> web.FileResponse:
    name = request.match_info.get("file", "index.html")
    return web.FileResponse(STATIC / name, headers={"Content-Security-Policy": RULES})


async def _send(stream: web.StreamResponse, kind: str, data: dict[str, Any]) -> None:
    await stream.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode())
