"""Bounded windows both ways: who does not read stops who writes, and nothing gets stuck."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from gateway.dataplane.client import ClientConnection
from gateway.limits import Limits
from shared.service.model import Timeouts
from tests.gateway.harness import PREFIX, TIMEOUT, Pod, Rig, Wire, answering, get, post, rig
from tests.waiting import still

if TYPE_CHECKING:
    pass

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
PLENTY = 32 * 1024 * 1024
"""Far more than the buffers of two loopback connections hold."""


class Pump:
    """Writes `total` bytes as fast as they are taken; `sent` is what was taken."""

    def __init__(self, total: int = PLENTY) -> None:
        self.total = total
        self.sent = 0

    async def __call__(self, wire: Wire) -> None:
        while self.sent < self.total:
            await wire.send(b"x" * 65536)
            self.sent += 65536


def pause(wire: Wire) -> None:
    """Read no more; the kernel takes little for it."""
    wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    wire.writer.transport.pause_reading()  # type: ignore[attr-defined]


def resume(wire: Wire) -> None:
    wire.writer.transport.resume_reading()  # type: ignore[attr-defined]


def narrow(pod: Pod) -> None:
    """Make the kernel take little for the pod, so that a stall comes early."""
    assert pod._server is not None
    for sock in pod._server.sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


FRAMINGS = {
    "chunked": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % PLENTY,
    "close": b"Connection: close\r\n\r\n",
}


@pytest.mark.parametrize("framing", FRAMINGS)
async def test_a_slow_reader_stops_the_pod_in_every_framing(framing: str) -> None:
    pump = Pump()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\n" + FRAMINGS[framing])
        await pump(wire)

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        pause(wire)
        await wire.send(get())
        assert await still(lambda: pump.sent) < PLENTY / 2
        (client,) = r.gateway.connections.open
        assert isinstance(client, ClientConnection)
        assert client.transport is not None
        assert client.transport.get_write_buffer_size() < 1_000_000
        wire.reset()
        await r.balanced()


@pytest.mark.parametrize("side", ["client", "pod"])
async def test_a_tunnel_is_bounded_both_ways(side: str) -> None:
    pump = Pump()
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(SWITCH)
        if side == "pod":
            await pump(wire)
        else:
            pause(wire)
            await go.wait()
            resume(wire)
            await wire.exactly(PLENTY)
            await wire.send(b"all")
        await wire.reader.read()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", *UPGRADE))
        await wire.head()
        if side == "pod":
            pause(wire)
            assert await still(lambda: pump.sent) < PLENTY / 2
            resume(wire)
            await wire.exactly(PLENTY)
        else:
            sending = asyncio.create_task(pump(wire), name="sending")
            assert await still(lambda: pump.sent) < PLENTY / 2
            go.set()
            assert await wire.exactly(3) == b"all"
            await sending
        wire.reset()
        await r.balanced()


async def test_a_pod_may_answer_before_it_has_read_a_body_that_is_sent() -> None:
    """All of the body is on its way, but the pod is slow to take it: the client's connection goes
    on with the next request all the same, and the pod's does not."""

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        await wire.head()
        pause(wire)
        await wire.send(OK)
        await asyncio.Event().wait()

    pod = await Pod(script).start()
    narrow(pod)
    async with rig(pod, limits=Limits(window=1000)) as r:
        wire = await r.connect()
        await wire.send(get())
        assert (await wire.response()).body == b"ok"
        (idle,) = r.state.balancer.candidates[0].idle
        sock = idle.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        await wire.send(post(b"b" * 50_000))
        assert (await wire.response()).body == b"ok"
        await wire.send(get())
        assert (await wire.response()).body == b"ok"
        assert pod.connections == 2


async def test_a_client_that_leaves_a_stalled_upload_cancels_the_pod() -> None:
    """The gateway does not read such a client, and must see its end all the same."""
    pump, gone = Pump(), asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        pause(wire)
        await stalled.wait()
        resume(wire)
        await wire.ended()
        gone.set()

    stalled = asyncio.Event()
    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: %d" % PLENTY, method=b"POST"))
        sending = asyncio.create_task(pump(wire), name="sending")
        await still(lambda: pump.sent)
        wire.reset()
        with pytest.raises(ConnectionError):
            await sending
        await r.balanced()
        stalled.set()
        await asyncio.wait_for(gone.wait(), TIMEOUT)


async def test_a_client_that_leaves_while_much_of_its_body_waits_leaves_the_queue() -> None:
    async with rig() as r:
        wire = await r.connect()
        wire.writer.write(post(b"x" * 1_000_000))
        await r.until(lambda: r.state.waiting == 1)
        await r.until(lambda: bool(r.gateway.connections.unread))
        wire.reset()
        await r.balanced()


EVENTS = {
    "chunk by chunk": (b"Transfer-Encoding: chunked\r\n\r\n", b"8\r\ndata: %d\n\r\n"),
    "until close": (b"\r\n", b"data: %d\n"),
}


@pytest.mark.parametrize("minor", [b"0", b"1"])
@pytest.mark.parametrize("framing", EVENTS)
async def test_each_event_is_read_before_the_next_is_made(framing: str, minor: bytes) -> None:
    head, form = EVENTS[framing]
    read = asyncio.Semaphore(0)

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + head)
        for number in range(5):
            await wire.send(form % number)
            await read.acquire()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get().replace(b"HTTP/1.1", b"HTTP/1." + minor))
        await wire.head()
        for number in range(5):
            async with asyncio.timeout(TIMEOUT):
                await wire.reader.readuntil(b"data: %d\n" % number)
            read.release()


async def test_content_does_not_wait_for_the_end_of_its_chunk() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await wire.send(b"100\r\ndata: 1\n")
        await wire.reader.read()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        await wire.head()
        assert await wire.exactly(13) == b"100\r\ndata: 1\n"


async def test_a_tunnel_goes_on_when_the_pod_sends_no_more() -> None:
    got = asyncio.get_running_loop().create_future()

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(SWITCH + b"last words")
        wire.writer.write_eof()
        got.set_result(await wire.rest())

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", *UPGRADE))
        await wire.head()
        assert await wire.rest() == b"last words"
        await wire.send(b"still here")
        wire.writer.write_eof()
        assert await asyncio.wait_for(got, TIMEOUT) == b"still here"
        await r.balanced()
        assert r.state.stats.tunnels == 0


async def test_a_client_that_sends_no_more_gets_all_or_an_abort() -> None:
    """An HTTP/1.0 client takes the end of the connection for the end of the body."""
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await go.wait()
        await wire.send(b"half")

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(b"GET " + PREFIX + b"/ HTTP/1.0\r\n\r\n")
        await wire.head()
        assert await wire.exactly(4) == b"half"
        wire.writer.write_eof()
        try:
            rest = await wire.rest()
        except ConnectionError:
            return
        finally:
            go.set()
        assert rest == b"half"


async def test_a_client_that_neither_sends_nor_reads_is_gone() -> None:
    pump, gone = Pump(), asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % PLENTY)
        try:
            await pump(wire)
        except ConnectionError:
            gone.set()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        pause(wire)
        await wire.send(get())
        await still(lambda: pump.sent)
        wire.writer.write_eof()
        await asyncio.wait_for(gone.wait(), TIMEOUT)
        await r.balanced()


async def test_answers_ahead_of_a_reader_are_bounded() -> None:
    """Pipelined requests of a client that does not read."""
    body = b"a" * 50_000
    async with rig(
        await Pod(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + body)).start()
    ) as r:
        wire = await r.connect()
        pause(wire)
        wire.writer.write(get() * 2000)
        await still(lambda: r.state.admission.total)
        assert _written(r) < 2_000_000
        assert r.state.admission.total < 1000
        resume(wire)
        for _ in range(2000):
            assert (await wire.response()).status == 200
        await r.balanced()


async def test_refusals_ahead_of_a_reader_are_bounded() -> None:
    request = b"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"
    async with rig() as r:
        wire = await r.connect()
        pause(wire)
        wire.writer.write(request * 100_000)
        await still(lambda: _written(r))
        assert _written(r) < 2_000_000
        wire.reset()


def _written(r: Rig) -> int:
    clients = [one for one in r.gateway.connections.open if isinstance(one, ClientConnection)]
    return sum(one.transport.get_write_buffer_size() for one in clients if one.transport)


async def test_a_flood_of_interim_responses_is_passed_or_refused() -> None:
    flood = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3000

    async with rig(await Pod(answering(flood + OK)).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        while (await wire.head()).startswith(b"HTTP/1.1 103 "):
            pass
        assert await wire.exactly(2) == b"ok"


async def test_the_wait_for_a_100_is_not_a_slow_body() -> None:
    """Only the pod can end it, and may take as long as it may take to answer."""
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        await go.wait()
        await wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await wire.exactly(4)
        await wire.send(OK)

    limits = Limits(body_rate=1000)
    async with rig(await Pod(script).start(), limits=limits, timeouts=Timeouts(body=0.2)) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 4", b"Expect: 100-continue", method=b"POST"))
        asyncio.get_running_loop().call_later(0.8, go.set)
        assert (await wire.head()).startswith(b"HTTP/1.1 100 ")
        await wire.send(b"body")
        assert (await wire.response()).body == b"ok"


async def test_a_slow_reader_gets_all_of_a_pod_that_has_left() -> None:
    body = bytes(range(256)) * 64_000  # more than the kernel takes on either side

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n" + body)

    pod = await Pod(script).start()
    async with rig(pod) as r:
        wire = await r.connect()
        pause(wire)
        await wire.send(get(b"/", b"Connection: close"))
        await still(lambda: _written(r))
        resume(wire)
        await wire.head()
        assert await wire.chunks() == body
        await r.balanced()


async def test_a_slow_reader_gets_all_of_an_early_answer() -> None:
    """The rest of its upload is read away for a short time only, but the answer is not cut."""
    body = bytes(range(256)) * 32_000

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await wire.reader.read()

    async with rig(await Pod(script).start(), limits=Limits(linger=0.1)) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 1000", method=b"POST"))
        await wire.head()
        for _ in range(8):
            assert await wire.exactly(len(body) // 8 - 1)
            pause(wire)
            await asyncio.sleep(0.2)
            resume(wire)
        assert len(await wire.rest()) == 8
        await r.balanced()


async def test_a_pod_that_takes_nothing_of_an_upload_is_given_up() -> None:
    async def script(wire: Wire) -> None:
        pause(wire)
        await asyncio.Event().wait()

    timeouts = Timeouts(first_byte=0.3, body=0.1)
    async with rig(await Pod(script).start(), timeouts=timeouts) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: %d" % PLENTY, method=b"POST"))
        sending = asyncio.create_task(Pump()(wire), name="sending")
        try:
            answer = await wire.response()
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        assert answer.fields[b"x-gateway-error"] == b"first_byte_timeout"
