"""Tunnels after a pod's 101."""

from __future__ import annotations

import asyncio

from tests.gateway.harness import Pod, Wire, answering, get, rig

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")


async def test_tunnels_pass_bytes_both_ways_and_early_ones_wait() -> None:
    async def script(wire: Wire) -> None:
        head = await wire.head()
        assert b"Connection: upgrade\r\nUpgrade: websocket\r\n" in head
        assert b"Sec-WebSocket-Key: k" in head
        await asyncio.sleep(0.05)  # bytes that did not wait would be answered before the 101
        await wire.send(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nX: y\r\n\r\nhello")
        while data := await wire.reader.read(100):
            await wire.send(data.upper())
        await wire.send(b"bye")

    pod = await Pod(script).start()
    async with rig(pod) as r:
        wire = await r.connect()
        upgrade = get(
            b"/ws", b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: k"
        )
        await wire.send(upgrade + b"early")
        head = await wire.head()
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"Connection: upgrade\r\nUpgrade: websocket\r\n" in head
        assert await wire.exactly(10) == b"helloEARLY"
        assert r.gateway.connections.tunnels == r.state.stats.tunnels == 1
        await wire.send(b"more")
        assert await wire.exactly(4) == b"MORE"
        wire.writer.write_eof()
        assert await wire.rest() == b"bye"
        await r.balanced()
        assert r.state.stats.tunnels == 0
        assert not r.state.balancer.candidates[0].idle


async def test_an_upgrade_the_pod_declines_is_an_ordinary_answer() -> None:
    pod = await Pod(answering(OK)).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get(b"/", *UPGRADE))
            assert (await wire.response()).body == b"ok"
        assert pod.connections == 1
