"""Bodies that do not come with their head."""

from __future__ import annotations

import asyncio

import pytest

from gateway.limits import Limits
from gateway.services.spec import Endpoint
from tests.gateway.harness import Pod, Wire, echo, get, rig

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_waits_for_its_pod_in_bounds(chunked: bool) -> None:
    body = b"y" * 300_000
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    field = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    async with rig(limits=Limits(window=1000)) as r:
        wire = await r.connect()
        wire.writer.write(get(b"/", field, method=b"POST") + framed)
        await r.until(lambda: r.state.waiting == 1)
        pod = await Pod(echo).start()
        r.services.locate("echo", [pod.endpoint])
        assert (await wire.response()).body.endswith(body)
        await r.balanced()
        await pod.stop()


async def test_a_body_that_was_let_go_is_not_sent_twice() -> None:
    begun = asyncio.Event()

    async def dying(wire: Wire) -> None:
        await wire.head()
        await wire.exactly(5000)
        begun.set()

    async with rig(await Pod(dying).start(), limits=Limits(window=1000)) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 10000", method=b"PUT"), b"z" * 5000)
        await begun.wait()
        assert (await wire.response()).status == 502
        assert r.state.stats.retries == {}


async def test_a_bad_chunk_in_the_middle_is_400_and_cancels_the_pod() -> None:
    begun, gone = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        begun.set()
        await wire.ended()
        gone.set()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        chunked = get(b"/", b"Transfer-Encoding: chunked", method=b"POST")
        await wire.send(chunked, b"3\r\nabc\r\n")
        await begun.wait()
        await wire.send(b"zz\r\n")
        assert (await wire.response()).status == 400
        await asyncio.wait_for(gone.wait(), 5)
        await r.balanced()


async def test_a_stalled_pod_is_not_the_clients_fault() -> None:
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await go.wait()
        wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await wire.exactly(30_000_000)
        await wire.send(OK)

    limits = Limits(body_rate=1000, body_grace=0.2)
    async with rig(await Pod(script).start(), limits=limits) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 30000000", method=b"POST"))
        writing = asyncio.create_task(wire.send(b"x" * 30_000_000), name="writing")
        await asyncio.sleep(1.0)  # five times the grace
        go.set()
        assert (await wire.response()).status == 200
        await writing


async def test_bodies_to_nobody_are_not_kept() -> None:
    async with rig(limits=Limits(queue=0)) as r:
        r.services.locate("echo", [Endpoint("127.0.0.1", 1, ready=False)])
        answer = await r.ask(get(b"/", b"Content-Length: 5", method=b"POST") + b"hello")
        assert answer.fields[b"x-gateway-error"] == b"queue_full"


@pytest.mark.parametrize("size", [10, 5000, 500_000])
@pytest.mark.parametrize("window", [1000, 64 * 1024])
async def test_each_byte_is_counted_once(size: int, window: int) -> None:
    async with rig(await Pod(echo).start(), limits=Limits(window=window)) as r:
        wire = await r.connect()
        head = get(b"/", b"Content-Length: %d" % size, method=b"POST")
        await wire.send(head, b"x" * (size // 2))
        await r.until(lambda: r.state.in_flight == 1)
        await wire.send(b"x" * (size - size // 2))
        await wire.response()
        await r.balanced()
        assert r.state.stats.bytes_in == len(head) + size


@pytest.mark.parametrize(("size", "connections"), [(2000, 1), (200_000, 2)])
async def test_a_large_body_uses_its_connection_up(size: int, connections: int) -> None:
    pod = await Pod(echo).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get(b"/", b"Content-Length: %d" % size, method=b"POST"), b"x" * size)
            assert (await wire.response()).status == 200
        assert pod.connections == connections
