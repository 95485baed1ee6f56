"""The gateway as a whole: limits of connections, trust, draining."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network

import pytest

from gateway.limits import Identity, Limits
from tests.gateway.harness import TIMEOUT, Pod, Wire, echo, get, rig

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_connections_of_one_address_are_bounded() -> None:
    async with rig(limits=Limits(connections_per_address=2)) as r:
        first = await r.connect()
        await r.connect()
        third = await r.connect()
        assert (await third.response()).status == 429
        await third.close()
        await first.close()
        await r.until(lambda: len(r.gateway.connections.open) == 1)
        assert (await r.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")).status == 404
        assert r.stats.connections_refused == 1


async def test_connections_are_bounded_in_all() -> None:
    async with rig(limits=Limits(connections=1)) as r:
        await r.connect()
        second = await r.connect()
        assert (await second.response()).fields[b"x-gateway-error"] == b"gateway_full"


async def test_connections_are_counted() -> None:
    async with rig() as r:
        wires = [await r.connect() for _ in range(3)]
        await r.until(lambda: r.stats.connections == 3)
        for wire in wires:
            await wire.close()
        await r.until(lambda: r.stats.connections == 0)
        assert r.stats.connections_accepted == 3


@pytest.mark.parametrize("trusted", [True, False])
async def test_forwarded_fields_are_believed_by_address(trusted: bool) -> None:
    networks = (ip_network("127.0.0.0/8"),) if trusted else (ip_network("10.0.0.0/8"),)
    async with rig(await Pod(echo).start(), identity=Identity(trusted=networks)) as r:
        answer = await r.ask(get(b"/", b"X-Forwarded-For: 9.9.9.9"))
        expected = b"9.9.9.9, 127.0.0.1" if trusted else b"127.0.0.1"
        assert b"\r\nX-Forwarded-For: " + expected + b"\r\n" in answer.body


async def test_draining_finishes_what_was_begun() -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        asked.set()
        await go.wait()
        await wire.send(OK)

    async with rig(await Pod(script).start()) as r:
        idle, busy = await r.connect(), await r.connect()
        await busy.send(get())
        await asked.wait()
        assert r.gateway.connections.busy == 1
        r.gateway.drain()
        assert await idle.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", r.port)
        go.set()
        answer = await busy.response()
        assert answer.fields[b"connection"] == b"close"
        assert await busy.rest() == b""
        await asyncio.wait_for(r.gateway.connections.emptied(), TIMEOUT)
        assert r.gateway.connections.busy == 0


async def test_who_was_not_told_before_the_drain_may_still_ask_once() -> None:
    """An answer began before, and ends within it: nothing in its head has said that it is the last,
    and its client goes on at once."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK[:-1])
        asked.set()
        await go.wait()
        await wire.send(OK[-1:])
        await wire.request()
        await wire.send(OK)

    async with rig(await Pod(script).start()) as r:
        wire, idle = await r.connect(), await r.connect()
        await wire.send(get())
        await asked.wait()
        assert b"connection" not in (await wire.head()).lower()
        assert await wire.exactly(1) == b"o"
        r.gateway.drain()
        go.set()
        assert await wire.exactly(1) == b"k"
        for last in (wire, idle):
            await last.send(get())
            assert (await last.response()).fields[b"connection"] == b"close"
            assert await last.rest() == b""


async def test_who_leaves_still_accepts_and_each_answer_is_the_last_on_its_connection() -> None:
    async with rig(await Pod(echo).start()) as r:
        kept = await r.connect()
        await kept.send(get())
        assert b"connection" not in (await kept.response()).fields
        r.gateway.leave()
        for wire in (kept, await r.connect()):
            await wire.send(get())
            assert (await wire.response()).fields[b"connection"] == b"close"
            assert await wire.rest() == b""


async def test_a_connection_without_request_at_the_drain_may_still_send_one_head() -> None:
    async with rig(await Pod(echo).start()) as r:
        wire = await r.connect()
        await wire.send(get()[:10])
        await r.until(lambda: any(one.held for one in r.gateway.connections.open))
        r.gateway.drain()
        await wire.send(get()[10:])
        assert (await wire.response()).fields[b"connection"] == b"close"


async def test_close_cuts_everything() -> None:
    async def never(wire: Wire) -> None:
        await wire.rest()

    async with rig(await Pod(never).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: r.state.in_flight == 1)
        await r.gateway.close()
        assert r.state.in_flight == 0
        assert not r.gateway.connections.open
        assert not r.gateway.context.connecting


async def test_idle_connections_to_pods_expire() -> None:
    pod = await Pod(echo).start()
    async with rig(pod, limits=Limits(upstream_idle=0.2)) as r:
        await r.ask(get())
        await r.until(lambda: not pod.open)
        assert not r.state.balancer.candidates[0].idle
