"""The prefix without a slash, `/system/services/<name>/exposed`, on real sockets.

nginx, Caddy and Traefik redirect a directory without its slash; clients of WebSockets and browsers'
preflights follow no redirect (RFC 6455, section 4.1; WHATWG Fetch, section 4.8).
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from gateway.services.spec import Endpoint
from tests.gateway.harness import DIGEST, PREFIX, TOKEN, Pod, Wire, answering, echo, rig

UPGRADE = (b"Connection: Upgrade", b"Upgrade: websocket")
BASIC = b"Authorization: Basic " + base64.b64encode(b"echo:" + TOKEN.encode())


def bare(method: bytes, query: bytes = b"", *lines: bytes) -> bytes:
    start = method + b" " + PREFIX + query + b" HTTP/1.1"
    return b"\r\n".join((start, b"Host: gateway.test", *lines, b"", b""))


async def switch(wire: Wire) -> None:
    request = await wire.request()
    await wire.send(
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nX-Seen: " + request.target + b"\r\n\r\n"
    )
    await wire.reader.read()


@pytest.mark.parametrize("query", [b"", b"?a=b&c=%2F", b"?"])
@pytest.mark.parametrize("rewrite_target", [True, False])
async def test_an_upgrade_goes_to_the_pod(query: bytes, rewrite_target: bool) -> None:
    async with rig(await Pod(switch).start(), rewrite_target=rewrite_target) as r:
        wire = await r.connect()
        await wire.send(bare(b"GET", query, *UPGRADE))
        answer = await wire.response()
        assert answer.status == 101
        assert answer.fields[b"x-seen"] == (PREFIX if rewrite_target else b"/") + query


async def test_a_real_client_connects_to_it() -> None:
    async def mirror(socket: Any) -> None:
        async for message in socket:
            await socket.send(message)

    async with serve(mirror, "127.0.0.1", 0) as server, rig() as r:
        port = next(iter(server.sockets)).getsockname()[1]
        r.services.locate("echo", [Endpoint("127.0.0.1", port)])
        async with connect(f"ws://127.0.0.1:{r.port}{PREFIX.decode()}?a") as socket:
            await socket.send("hello")
            assert await socket.recv() == "hello"


async def test_an_upgrade_asks_for_credentials_there_as_well() -> None:
    async with rig(await Pod(switch).start(), set_auth=True, digest=DIGEST) as r:
        assert (await r.ask(bare(b"GET", b"", *UPGRADE))).status == 401
        wire = await r.connect()
        await wire.send(bare(b"GET", b"", *UPGRADE, BASIC))
        assert (await wire.response()).status == 101


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE",
                                    b"OPTIONS"])  # fmt: skip
async def test_others_are_sent_to_the_slash_with_method_and_query(method: bytes) -> None:
    """308 keeps both (RFC 9110, section 15.4.9), so that relative links of the page are right."""
    async with rig(await Pod(echo).start()) as r:
        answer = await r.ask(bare(method, b"?a=b&c", b"Content-Length: 0"), bodyless=True)
        assert answer.status == 308
        assert answer.fields[b"location"] == PREFIX + b"/?a=b&c"


@pytest.mark.parametrize(
    "lines",
    [
        (b"Connection: upgrade", b"Upgrade: h2c"),
        (b"Connection: upgrade",),
        (b"Upgrade: websocket",),
    ],
)
async def test_what_is_no_upgrade_is_redirected(lines: tuple[bytes, ...]) -> None:
    async with rig(await Pod(echo).start()) as r:
        assert (await r.ask(bare(b"GET", b"", *lines))).status == 308


@pytest.mark.parametrize("method", [b"GET", b"POST", b"OPTIONS"])
@pytest.mark.parametrize("query", [b"", b"?a=b"])
async def test_with_rewrite_target_it_goes_to_the_pod_as_it_came(
    method: bytes, query: bytes
) -> None:
    async with rig(await Pod(echo).start(), rewrite_target=True) as r:
        answer = await r.ask(bare(method, query, b"Content-Length: 0"))
        assert answer.status == 200
        assert answer.body.startswith(method + b" " + PREFIX + query + b" HTTP/1.1\r\n")
        absolute = bare(method, query).replace(b" /", b" http://gateway.test/", 1)
        assert (await r.ask(absolute)).body.startswith(method + b" " + PREFIX + query + b" HTTP")


async def test_an_application_that_drops_the_slash_does_not_loop() -> None:
    """As Flask without `strict_slashes`, or Gradio, do: `/x/` is redirected to `/x`."""
    drops = b"HTTP/1.1 307 T\r\nLocation: " + PREFIX + b"\r\nContent-Length: 0\r\n\r\n"
    serves = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"

    async def script(wire: Wire) -> None:
        while True:
            request = await wire.request()
            await wire.send(drops if request.target == PREFIX + b"/" else serves)

    async with rig(await Pod(script).start(), rewrite_target=True) as r:
        sent = await r.ask(bare(b"GET", b"/"))
        assert (sent.status, sent.fields[b"location"]) == (307, PREFIX)
        assert (await r.ask(bare(b"GET"))).body == b"page"


async def test_with_rewrite_target_it_is_guarded() -> None:
    pod = await Pod(answering(b"HTTP/1.1 204 No Content\r\n\r\n")).start()
    async with rig(pod, rewrite_target=True, set_auth=True, digest=DIGEST) as r:
        assert (await r.ask(bare(b"GET"))).status == 401
        assert (await r.ask(bare(b"GET", b"", BASIC))).status == 204
