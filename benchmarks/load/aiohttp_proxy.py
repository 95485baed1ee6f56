"""A plain aiohttp reverse proxy, as one writes it in an afternoon.

`python -m benchmarks.load.aiohttp_proxy PORT PREFIX AUTHORIZATION UPSTREAM…`
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout, TCPConnector, WSMsgType, web

HOP = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "authorization"}
)


class Proxy:
    def __init__(self, prefix: str, authorization: str, upstreams: list[str]) -> None:
        self._prefix = prefix
        self._authorization = authorization
        self._next = itertools.cycle(upstreams)
        self._session: Any = None

    async def run(self, port: int) -> None:
        connector = TCPConnector(limit=0)
        timeout = ClientTimeout(total=None)
        async with ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False
        ) as self._session:
            app = web.Application(client_max_size=2**40)
            app.router.add_route("*", "/{path:.*}", self._handle)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
            print("ready", flush=True)
            await asyncio.Event().wait()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != self._authorization:
            return web.Response(status=401)
        url = f"http://{next(self._next)}{request.path_qs.removeprefix(self._prefix)}"
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._websocket(request, url)
        headers = [(k, v) for k, v in request.headers.items() if k.lower() not in HOP]
        headers.append(("X-Forwarded-For", request.remote or ""))
        body = request.content if request.can_read_body else None
        async with self._session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as upstream:
            response = web.StreamResponse(status=upstream.status)
            for name, value in upstream.headers.items():
                if name.lower() not in HOP:
                    response.headers.add(name, value)
            await response.prepare(request)
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    async def _websocket(self, request: web.Request, url: str) -> web.StreamResponse:
        client = web.WebSocketResponse()
        await client.prepare(request)
        async with self._session.ws_connect(url) as upstream:
            there = asyncio.ensure_future(_pump(client, upstream))
            await _pump(upstream, client)
            there.cancel()
        return client


async def _pump(source: Any, target: Any) -> None:
    async for message in source:
        if message.type == WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await target.send_bytes(message.data)


if __name__ == "__main__":
    uvloop.run(Proxy(sys.argv[2], sys.argv[3], sys.argv[4:]).run(int(sys.argv[1])))
