"""Socket options on both sides."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

import pytest

from gateway.dataplane.client import ClientConnection
from gateway.net.sockets import end_writing, has_left, taken
from gateway.net.tls import Certificate
from tests.gateway.certificates import issue
from tests.gateway.dataplane.test_handshake import through_tls
from tests.gateway.harness import Pod, echo, get, rig
from tests.waiting import still, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("tls", [False, True])
async def test_both_sides_ask_whether_the_other_is_there(tls: bool, tmp_path: Path) -> None:
    """A client's socket has it from the one that accepted it."""
    certificate = Certificate(issue(tmp_path, "localhost"))
    secured = (lambda: certificate.context) if tls else None
    async with rig(await Pod(echo).start(), secured=secured) as r:
        wire = await (through_tls(r) if tls else r.connect())
        await wire.send(get())
        await wire.response()
        (client,) = r.gateway.connections.open
        assert isinstance(client, ClientConnection)
        (pod,) = r.state.balancer.candidates[0].idle
        for transport in (client.transport, pod.transport):
            assert transport is not None
            sock = transport.get_extra_info("socket")
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


async def test_a_connection_that_was_just_reset_cannot_end_its_writing() -> None:
    """Its transport does not know yet: nothing was read since."""
    made: asyncio.Future[asyncio.Transport] = asyncio.get_running_loop().create_future()

    class Deaf(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.pause_reading()
            made.set_result(transport)

    server = await asyncio.get_running_loop().create_server(Deaf, "127.0.0.1", 0)
    async with server:
        peer = socket.create_connection(server.sockets[0].getsockname())
        transport = await made
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        await until(lambda: has_left(transport, half_closed=False), "the reset")
        assert not end_writing(transport)
        transport.abort()


async def test_writing_ends_once() -> None:
    async with rig(await Pod(echo).start()) as r:
        await r.connect()
        await r.until(lambda: len(r.gateway.connections.open) == 1)
        (client,) = r.gateway.connections.open
        assert isinstance(client, ClientConnection)
        assert client.end()
        assert client.transport is not None
        client.transport.abort()
        assert not client.end()


async def test_what_the_other_side_takes_is_counted_to_the_end() -> None:
    """Also while a closed transport still sends: the numbers stay comparable."""
    made: asyncio.Future[asyncio.Transport] = asyncio.get_running_loop().create_future()

    class Writer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            made.set_result(transport)

    server = await asyncio.get_running_loop().create_server(Writer, "127.0.0.1", 0)
    async with server:
        reader, peer = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=4096)
        transport = await made
        transport.write(b"x" * 16_000_000)
        before = await still(lambda: taken(transport), period=0.05)
        transport.close()
        assert taken(transport) >= before
        await reader.readexactly(8_000_000)
        await until(lambda: taken(transport) >= before + 4_000_000, "more being taken")
        transport.abort()
        await asyncio.sleep(0)
        assert taken(transport) == 0
        peer.close()
