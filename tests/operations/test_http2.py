"""HTTP/2 as it is met outside: a browser through TLS, and a generator of load."""

from __future__ import annotations

import asyncio
import re
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from gateway.net.tls import Certificate
from gateway.services.spec import Endpoint
from tests.apps.browser import opened
from tests.gateway.certificates import issue
from tests.gateway.harness import PREFIX, Pod, Rig, answering, rig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or ""
H2LOAD = shutil.which("h2load") or ""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PROTOCOLS = "[...new Set(performance.getEntries().map(e => e.nextHopProtocol).filter(Boolean))]"


async def page(request: web.Request) -> web.Response:
    return web.Response(text="<!doctype html><title>page</title><p>page", content_type="text/html")


async def measured(request: web.Request) -> web.Response:
    return web.json_response({"size": len(await request.read())})


async def events(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    for number in range(3):
        await answer.write(b"data: %d\n\n" % number)
    return answer


async def talk(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data.upper())
    return socket


@asynccontextmanager
async def application(r: Rig) -> AsyncIterator[None]:
    """An application as the pod of `echo`."""
    app = web.Application(client_max_size=1 << 26)
    app.add_routes([web.get("/", page), web.get("/events", events), web.get("/talk", talk)])
    app.add_routes([web.route("*", "/measured", measured)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    r.services.locate("echo", [Endpoint("127.0.0.1", port, pod="application")])
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.mark.skipif(not CHROMIUM, reason="no browser; apt-get install chromium")
async def test_a_browser(tmp_path: Path) -> None:
    certificate = Certificate(issue(tmp_path, "localhost"))
    async with rig(secured=lambda: certificate.context) as r, application(r):
        async with opened(CHROMIUM, tmp_path / "profile") as tab:
            await tab.go(f"https://localhost:{r.port}{PREFIX.decode()}/")
            await tab.shows("page")
            many = (
                "Promise.all([...Array(100).keys()]"
                ".map(n => fetch('measured?' + n).then(r => r.json())))"
            )
            assert len(await tab.run(many)) == 100
            large = (
                "fetch('measured', {method: 'POST', body: new Uint8Array(5e6)}).then(r => r.json())"
            )
            assert await tab.run(large) == {"size": 5_000_000}
            told = "fetch('events').then(r => r.text())"
            assert await tab.run(told) == "data: 0\n\ndata: 1\n\ndata: 2\n\n"
            spoken = (
                "new Promise(resolve => { const s = new WebSocket(new URL('talk', location)"
                ".href.replace('https', 'wss')); s.onopen = () => s.send('hello');"
                "s.onmessage = e => { resolve(e.data); s.close(); }})"
            )
            assert await tab.run(spoken) == "HELLO"
            assert await tab.run(PROTOCOLS) == ["h2"]
        await r.balanced()
        assert {one.protocol for one in r.log.entries} == {"HTTP/2"}
        assert [one.status for one in r.log.entries].count(101) == 1  # on a stream (RFC 8441)
        assert r.stats.http2_resets == r.stats.http2_cut == 0


@pytest.mark.skipif(not H2LOAD, reason="no h2load; apt-get install nghttp2-client")
@pytest.mark.parametrize("streams", [1, 100])
async def test_a_generator_of_load(streams: int) -> None:
    async with rig(await Pod(answering(OK)).start()) as r:
        load = await asyncio.create_subprocess_exec(
            H2LOAD, "-n", "5000", "-c", "5", "-m", str(streams),
            f"http://127.0.0.1:{r.port}{PREFIX.decode()}/", stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await load.communicate()
        assert re.search(rb"5000 succeeded, 0 failed, 0 errored, 0 timeout", out), out
        await r.balanced()
        assert r.stats.connections_accepted == 5
        assert len(r.log.entries) == 5000
