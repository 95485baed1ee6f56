"""Socket options on both sides."""

from __future__ import annotations

import socket

from gateway.dataplane.client import ClientConnection
from tests.gateway.harness import Pod, echo, get, rig


async def test_both_sides_ask_whether_the_other_is_there() -> None:
    async with rig(await Pod(echo).start()) as r:
        wire = await r.connect()
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
