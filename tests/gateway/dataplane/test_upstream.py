"""The pod's side of a connection, where `test_exchange` does not go."""

from __future__ import annotations

import asyncio

from tests.gateway.harness import Pod, Wire, get, rig

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_a_head_may_come_byte_by_byte() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        for at in range(len(OK)):
            await wire.send(OK[at : at + 1])
            await asyncio.sleep(0)
        await wire.reader.read()

    async with rig(await Pod(script).start()) as r:
        assert (await r.ask(get())).body == b"ok"


async def test_an_answer_without_a_question_ends_the_connection() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        await again.wait()
        await wire.send(OK.replace(b"ok", b"no"))
        await wire.reader.read()

    again = asyncio.Event()
    pod = await Pod(script).start()
    async with rig(pod) as r:
        assert (await r.ask(get())).body == b"ok"
        idle = r.state.balancer.candidates[0].idle
        assert repr(idle[0]).endswith(" idle>")
        again.set()
        await r.until(lambda: not idle)
        again.clear()
        assert (await r.ask(get())).body == b"ok"


async def test_a_closed_idle_connection_leaves_the_pool() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)

    async with rig(await Pod(script).start()) as r:
        for _ in range(3):
            assert (await r.ask(get())).body == b"ok"
            await r.until(lambda: not r.state.balancer.candidates[0].idle)
