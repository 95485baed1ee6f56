"""Somebody leaves, in every phase of a request: the other side learns it, and the books balance.

`test_exchange` has the plain cases; here are the framings, the queue, the wait for a connection,
retries, and the count of descriptors.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from gateway.limits import Limits
from gateway.services.spec import Endpoint
from shared.runtime.clock import settle
from shared.service.model import Timeouts
from tests.gateway.harness import TIMEOUT, Pod, Rig, Wire, echo, get, post, rig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
WAYS = ["close", "reset"]
BODIES = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc",
    "between chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "until close": b"HTTP/1.1 200 OK\r\n\r\nabc",
}


async def leave(wire: Wire, way: str) -> None:
    if way == "reset":
        wire.reset()
    else:
        await wire.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@asynccontextmanager
async def balanced(*pods: Pod, **spec: object) -> AsyncIterator[Rig]:
    """A rig in which every slot, task, descriptor and byte is given back in the end, but for
    connections that lie idle in good order."""
    async with rig(*pods, **spec) as r:  # type: ignore[arg-type]
        await asyncio.sleep(0)
        before = descriptors()
        yield r
        for wire in r.wires:
            await wire.close()
        await r.balanced()
        await r.until(lambda: not r.gateway.connections.open)
        assert not r.gateway.connections.unread
        assert r.stats.connections == 0
        idle = [one for backend in r.state.balancer.backends.values() for one in backend.idle]
        assert all(one.transport is not None and one.exchange is None for one in idle)
        await r.until(lambda: descriptors() <= before + 2 * len(idle))
        assert not [one for one in asyncio.all_tasks() if one.get_name().startswith("connect")]


# -- the client leaves


@pytest.mark.parametrize("way", WAYS)
async def test_in_the_middle_of_its_head(way: str) -> None:
    pod = await Pod(echo).start()
    async with balanced(pod) as r:
        wire = await r.connect()
        await wire.send(get()[:20])
        await r.until(lambda: any(one.held for one in r.gateway.connections.open))
        await leave(wire, way)
    assert pod.connections == 0


@pytest.mark.parametrize("way", WAYS)
async def test_in_the_queue(way: str) -> None:
    """The one behind it moves up."""
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        targets.append((await wire.request()).target)
        await go.wait()
        await wire.send(OK)
        await script(wire)

    targets: list[bytes] = []
    async with balanced(await Pod(script).start(), concurrency=1) as r:
        wires = [await r.connect() for _ in range(3)]
        for number, wire in enumerate(wires):
            await wire.send(get(b"/%d" % number))
            await r.until(lambda number=number: r.state.waiting == number)  # type: ignore[misc]
        await leave(wires[1], way)
        await r.until(lambda: r.state.waiting == 1)
        go.set()
        assert (await wires[0].response()).status == 200
        assert (await wires[2].response()).status == 200
        assert targets == [b"/0", b"/2"]


@pytest.mark.parametrize("way", WAYS)
async def test_while_the_pod_is_connected_to(way: str, unreachable: Endpoint) -> None:
    async with balanced(timeouts=Timeouts(connect=30)) as r:
        r.services.locate("echo", [unreachable])
        wire = await r.connect()
        await wire.send(post(b"x"))
        await r.until(lambda: len(r.gateway.context.connecting) == 1)
        await leave(wire, way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("framing", BODIES)
async def test_in_the_middle_of_an_answer(way: str, framing: str) -> None:
    gone = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(BODIES[framing])
        await wire.ended()
        gone.set()

    async with balanced(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        await wire.head()
        await leave(wire, way)
        await asyncio.wait_for(gone.wait(), TIMEOUT)
        await r.balanced()
        assert r.log.entries[-1].reason == "client_gone"
        assert not r.state.balancer.candidates[0].idle


@pytest.mark.parametrize("way", WAYS)
async def test_with_pipelined_requests_ahead(way: str) -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        asked.set()
        await wire.ended()

    asked = asyncio.Event()
    pod = await Pod(script).start()
    async with balanced(pod) as r:
        wire = await r.connect()
        await wire.send(get() * 10)
        await asked.wait()
        await leave(wire, way)
        await r.balanced()
        assert r.state.admission.total == 1


# -- the pod leaves


@pytest.mark.parametrize("minor", [b"0", b"1"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("framing", BODIES)
async def test_a_truncated_answer_is_an_abort(way: str, framing: str, minor: bytes) -> None:
    """HTTP/1.0 knows an end from an abort by the reset alone, unless the length was told."""
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(BODIES[framing])
        await go.wait()
        await leave(wire, way)

    async with balanced(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get().replace(b"HTTP/1.1", b"HTTP/1." + minor))
        await wire.head()
        go.set()
        whole = framing == "until close" and way == "close"
        if whole and minor == b"1":
            assert await wire.chunks() == b"abc"
        elif whole:
            assert await wire.rest() == b"abc"
        else:
            with pytest.raises(ConnectionResetError):
                await wire.rest()
        await r.balanced()
        assert r.log.entries[-1].reason == ("" if whole else "upstream_closed")


@pytest.mark.parametrize("way", WAYS)
async def test_a_pod_that_leaves_its_tunnel(way: str) -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(SWITCH)
        await wire.exactly(4)
        await leave(wire, way)

    async with balanced(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", *UPGRADE))
        await wire.head()
        await wire.send(b"stop")
        await wire.ended()
        wire.writer.write(b"nobody there")
        await wire.close()
        await r.balanced()
        assert r.state.stats.tunnels == 0


async def test_a_pod_that_hangs_up_at_once() -> None:
    async def script(wire: Wire) -> None:
        wire.reset()

    async with balanced(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(post(b"x"))
        assert (await wire.response()).status == 502


async def test_a_service_without_pods_any_more_finishes_and_then_waits() -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        asked.set()
        await go.wait()
        await wire.send(OK)

    async with balanced(await Pod(script).start(), timeouts=Timeouts(wake=0.2)) as r:
        wire = await r.connect()
        await wire.send(get())
        await asked.wait()
        r.services.locate("echo", [])
        late = await r.ask(get())
        assert late.fields[b"x-gateway-error"] == b"no_ready_pod"
        go.set()
        assert (await wire.response()).status == 200


async def test_an_upload_goes_on_while_another_pod_is_sought(unreachable: Endpoint) -> None:
    """The first pod dies before it answers; what the client sends until the second is there must
    not be lost."""
    begun, die = asyncio.Event(), asyncio.Event()

    async def dying(wire: Wire) -> None:
        await wire.head()
        begun.set()
        await die.wait()

    first = await Pod(dying).start()
    body = bytes(range(256)) * 100
    async with balanced(first, limits=Limits(window=1000), timeouts=Timeouts(connect=1)) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: %d" % len(body), method=b"PUT") + body[:500])
        await begun.wait()
        second = await Pod(echo).start()
        r.services.locate("echo", [first.endpoint, unreachable])
        die.set()
        await r.until(lambda: len(r.gateway.context.connecting) == 1)
        wire.writer.write(body[500:])
        await settle()
        r.services.locate("echo", [first.endpoint, unreachable, second.endpoint])
        assert (await wire.response()).body.endswith(body)
        await second.stop()


# -- both sides leave, all the time


async def test_a_crowd_that_comes_and_goes_leaves_nothing() -> None:
    """Clients leave after any number of bytes; pods answer in part, in full, or not at all."""
    count = 0

    async def script(wire: Wire) -> None:
        nonlocal count
        while True:
            await wire.request()
            count += 1
            answer = [OK, OK, OK[: count % len(OK)], *BODIES.values()][count % 7]
            await wire.send(answer)
            if answer != OK:
                if count % 2:
                    wire.reset()
                return

    pods = [await Pod(script).start() for _ in range(3)]

    async def client(r: Rig, number: int) -> None:
        request = [get(), post(b"b" * 300), get() * 3, post(b"c" * 200_000)][number % 4]
        wire = await r.connect()
        wire.writer.write(request[: 1 + number * 37 % len(request)])
        await asyncio.sleep(0.001 * (number % 5))
        if number % 3:
            await asyncio.wait({asyncio.ensure_future(wire.reader.read(30))}, timeout=0.01)
        await leave(wire, WAYS[number % 2])

    limits = Limits(ejection_failures=1_000_000)
    async with balanced(*pods, concurrency=2, limits=limits) as r:
        for start in range(0, 400, 40):
            await asyncio.gather(*(client(r, number) for number in range(start, start + 40)))
        await r.balanced()
