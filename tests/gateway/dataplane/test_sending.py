"""Clients that do not read: they give their slot back, and those that are only slow get all."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from gateway.dataplane.sending import Reader, Sending, is_stuck
from gateway.limits import Limits
from tests.gateway.harness import Pod, Wire, get, rig
from tests.waiting import still

if TYPE_CHECKING:
    from asyncio import Transport

SIZE = 32 * 1024 * 1024
"""More than the buffers of a connection hold."""
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")


@pytest.mark.parametrize(
    ("moved", "seconds", "rate", "stuck"),
    [
        (0, 60, 240, True),
        (-5, 60, 0, True),
        (1, 60, 0, False),
        (14_399, 60, 240, True),
        (14_400, 60, 240, False),
    ],
)
def test_who_takes_too_little(moved: int, seconds: float, rate: float, stuck: bool) -> None:
    assert is_stuck(moved, seconds, rate) is stuck


class Buffer:
    """A transport that counts by its buffer."""

    def __init__(self) -> None:
        self.size = 1000

    def get_extra_info(self, _: str) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return self.size


@dataclass(eq=False)
class Slow:
    """A client."""

    buffer: Buffer
    stalled: bool = True
    told: str = ""

    @property
    def transport(self) -> Transport:
        return cast("Transport", self.buffer)

    def sent(self) -> None:
        self.told = "sent"

    def stuck(self) -> None:
        self.told = "stuck"


def watched(limits: Limits) -> tuple[Slow, Buffer, Sending]:
    buffer, sending = Buffer(), Sending(limits)
    slow = Slow(buffer)
    sending.watch(cast("Reader", slow), 0.0)
    return slow, buffer, sending


def test_a_reader_is_given_one_window_after_the_other() -> None:
    slow, buffer, sending = watched(Limits(send_time=10, send_rate=10))
    buffer.size -= 100
    sending.turn(10.0)
    assert slow.told == ""
    buffer.size -= 99
    sending.turn(19.9)
    assert slow.told == ""
    sending.turn(20.0)
    assert slow.told == "stuck"
    assert len(sending) == 0


def test_all_that_waited_has_left() -> None:
    slow, buffer, sending = watched(Limits(send_time=10))
    slow.stalled = False
    sending.turn(1.0)
    assert slow.told == ""
    buffer.size = 0
    sending.turn(2.0)
    assert slow.told == "sent"


def test_no_limit() -> None:
    assert len(watched(Limits(send_time=0))[2]) == 0


async def plenty(wire: Wire) -> None:
    await wire.request()
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE + b"x" * SIZE)
    await wire.rest()


async def switching(wire: Wire) -> None:
    await wire.head()
    await wire.send(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n" + b"x" * SIZE)
    await wire.rest()


async def events(wire: Wire) -> None:
    """A stream whose pieces come slowly at first."""
    await wire.request()
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
    while True:
        await wire.send(b"data: %b\n\n" % (b"x" * 100_000))


def pause(wire: Wire) -> None:
    wire.writer.transport.pause_reading()  # type: ignore[attr-defined]


def resume(wire: Wire) -> None:
    wire.writer.transport.resume_reading()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("script", "lines", "status"),
    [(plenty, (), 200), (events, (), 200), (switching, UPGRADE, 101)],
)
async def test_a_client_that_never_reads_gives_its_slot_back(
    script: object, lines: tuple[bytes, ...], status: int
) -> None:
    """nginx: send_timeout, 60 s between two writes; HAProxy: timeout client."""
    pod = await Pod(script).start()  # type: ignore[arg-type]
    async with rig(pod, concurrency=1, limits=Limits(send_time=0.2)) as r:
        wire, next_one = await r.connect(), await r.connect()
        pause(wire)
        await wire.send(get(b"/never", *lines))
        await r.until(lambda: r.state.in_flight == 1)
        await next_one.send(get())
        assert (await next_one.head()).startswith(b"HTTP/1.1 ")
        (entry,) = [one for one in r.log.entries if one.target.endswith("/never")]
        assert (entry.status, entry.reason) == (status, "send_timeout")
        assert r.state.stats.send_timeouts == 1
        assert r.state.stats.tunnels <= 1
        next_one.reset()
        await r.balanced()


async def test_a_client_that_reads_its_refusals_never_is_cut_off() -> None:
    async with rig(limits=Limits(send_time=0.2)) as r:
        wire = await r.connect()
        pause(wire)
        wire.writer.write(b"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n" * 30_000)
        await r.until(lambda: any(one.stalled for one in r.gateway.connections.open))
        await r.until(lambda: not r.gateway.connections.open)
        wire.reset()


@pytest.mark.parametrize("line", [b"Connection: close", b"X: y"])
async def test_a_slow_reader_gets_all(line: bytes) -> None:
    """Its window is over several times, also when the pod has long sent all: what waits in the
    kernel's buffers leaves before anything leaves ours."""
    size = 6 * 1024 * 1024

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        await wire.rest()

    loop = asyncio.get_running_loop()
    limits = Limits(send_time=0.25, send_rate=1000, keep_alive=0.1)
    async with rig(await Pod(script).start(), limits=limits) as r:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", r.port))
            await loop.sock_sendall(sock, get(b"/", line))
            await asyncio.sleep(0.1)
            got = 0
            while piece := await loop.sock_recv(sock, 1 << 16):
                got += len(piece)
                await asyncio.sleep(0.005)
        assert got > size
        await r.balanced()
        assert all(one.reason == "" for one in r.log.entries)


async def test_who_reads_again_is_watched_no_longer() -> None:
    async with rig(await Pod(plenty).start()) as r:
        wire = await r.connect()
        pause(wire)
        await wire.send(get())
        await still(lambda: len(r.gateway.connections.sending))
        resume(wire)
        await wire.response()
        await r.balanced()
        assert len(r.gateway.connections.sending) == 0
