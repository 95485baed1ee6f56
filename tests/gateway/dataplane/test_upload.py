"""Bodies that do not come with their head."""

from __future__ import annotations

import asyncio

import pytest

from gateway.limits import Limits
from gateway.services.spec import Endpoint
from shared.service.model import Timeouts
from tests.gateway.harness import TIMEOUT, Pod, Wire, echo, get, rig

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
        await asyncio.wait_for(gone.wait(), TIMEOUT)
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

    limits = Limits(body_rate=1000)
    async with rig(await Pod(script).start(), limits=limits, timeouts=Timeouts(body=0.2)) as r:
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


@pytest.mark.parametrize("expects", [True, False])
async def test_a_client_that_never_sends_its_body_gives_its_slot_back(expects: bool) -> None:
    """RFC 9110, section 10.1.1: who waits for a 100 should not wait for ever. A pod that says
    nothing is helped out: the gateway asks for the body, which then must come in time."""

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)

    timeouts = Timeouts(body=0.2)
    async with rig(await Pod(script).start(), concurrency=1, timeouts=timeouts) as r:
        wire, next_one = await r.connect(), await r.connect()
        lines = (b"Content-Length: 5", b"Expect: 100-continue", b"X: y")
        await wire.send(get(b"/", *(lines if expects else lines[:1]), method=b"POST"))
        await r.until(lambda: r.state.in_flight == 1)
        await next_one.send(get())
        assert (await next_one.response()).body == b"ok"
        if expects:
            assert (await wire.head()) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (await wire.response()).fields[b"x-gateway-error"] == b"request_timeout"
        await r.balanced()


async def test_a_pod_that_asks_late_is_answered_once() -> None:
    """The client was asked already, and must not be told twice."""
    got = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        assert await wire.exactly(2) == b"he"
        await wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        got.set()
        assert await wire.exactly(3) == b"llo"
        await wire.send(OK)

    async with rig(await Pod(script).start(), timeouts=Timeouts(body=0.5)) as r:
        wire = await r.connect()
        lines = (b"Content-Length: 5", b"Expect: 100-continue")
        await wire.send(get(b"/", *lines, method=b"POST"))
        assert (await wire.head()).startswith(b"HTTP/1.1 100 ")
        await wire.send(b"he")
        await got.wait()
        await wire.send(b"llo")
        assert (await wire.response()).body == b"ok"


async def test_a_pod_that_never_asks_for_a_body_is_late_when_its_time_is_over() -> None:
    async def script(wire: Wire) -> None:
        await wire.rest()

    timeouts = Timeouts(first_byte=0.1, body=10)
    async with rig(await Pod(script).start(), timeouts=timeouts) as r:
        lines = (b"Content-Length: 5", b"Expect: 100-continue")
        answer = await r.ask(get(b"/", *lines, method=b"POST"))
        assert answer.fields[b"x-gateway-error"] == b"first_byte_timeout"


@pytest.mark.parametrize(
    ("first", "seconds", "status"),
    [(30_000, 0.1, 200), (150, 0.1, 408), (150, 5, 200), (1, 0, 200)],
)
async def test_a_live_upload_may_pause(first: int, seconds: float, status: int) -> None:
    """After it has brought more than it had to; or as long as its service says."""
    timeouts = Timeouts(body=seconds)
    async with rig(await Pod(echo).start(), limits=Limits(body_rate=1000), timeouts=timeouts) as r:
        wire = await r.connect()
        head = get(b"/", b"Content-Length: %d" % (first + 1), method=b"POST")
        await wire.send(head + b"x" * first)  # at once: the pause shall be the one below
        reading = asyncio.create_task(wire.response(), name="reading")
        await asyncio.wait([reading], timeout=0.45 if status == 200 else TIMEOUT)
        if not reading.done():
            await wire.send(b"x")
        answer = await reading
        assert answer.status == status
        if status == 408:
            assert b"expose.timeouts.body" in answer.body


async def test_no_pause_is_for_ever() -> None:
    """However much has come before: a slot is at stake."""
    timeouts = Timeouts(body=0.1)
    async with rig(await Pod(echo).start(), limits=Limits(body_rate=100), timeouts=timeouts) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 3000000", method=b"POST"), b"x" * 1_000_000)
        assert (await wire.response()).status == 408
        await r.balanced()
