"""Opening connections: what ends an attempt."""

from __future__ import annotations

import asyncio
import socket

from gateway.services.spec import Endpoint
from shared.service.model import Timeouts
from tests.gateway.harness import get, rig


async def test_a_pod_that_does_not_accept_in_time_is_504(unreachable: Endpoint) -> None:
    async with rig(timeouts=Timeouts(connect=0.3)) as r:
        r.services.locate("echo", [unreachable])
        answer = await r.ask(get())
        assert answer.status == 504
        assert answer.fields[b"x-gateway-error"] == b"connect_timeout"
        await r.balanced()


async def test_a_client_that_leaves_ends_the_attempt(unreachable: Endpoint) -> None:
    async with rig() as r:
        r.services.locate("echo", [unreachable])
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: len(r.gateway.context.connecting) == 1)
        await wire.close()
        await r.balanced()
        assert r.log.entries[-1].status == 499


async def test_the_only_pod_may_refuse_for_a_moment() -> None:
    """Its container starts again; the request, of which nothing was sent, waits for it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nback")
        await writer.drain()
        writer.close()

    with socket.socket() as ending:
        ending.bind(("127.0.0.1", 0))  # bound, so that nobody takes the port, but not listening
        async with rig() as r:
            r.services.locate("echo", [Endpoint("127.0.0.1", ending.getsockname()[1])])
            asked = asyncio.ensure_future(r.ask(get()))
            await r.until(lambda: len(r.gateway.context.connecting) == 1)
            async with await asyncio.start_server(answer, sock=ending):
                response = await asked
            assert response.status == 200
            assert response.body == b"back"
            await r.balanced()


async def test_a_pod_that_goes_on_refusing_is_502() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with rig(timeouts=Timeouts(connect=1)) as r:
            r.services.locate("echo", [Endpoint("127.0.0.1", closed.getsockname()[1])])
            answer = await r.ask(get())
            assert answer.status == 502
            assert answer.fields[b"x-gateway-error"] == b"connect_failed"
            await r.balanced()
