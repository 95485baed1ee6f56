"""Who is held back is read again, whatever ended the request: by reasons, and on real sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from gateway.dataplane.client import ClientConnection
from gateway.dataplane.flow import BODY_AHEAD, HELD, OF_EXCHANGE, OTHER_END, Source, throttle
from gateway.limits import Limits
from gateway.services.spec import Endpoint
from shared.service.model import Timeouts
from tests.gateway.harness import PREFIX, Pod, Rig, Wire, get, rig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SIZE = 150_000
"""More than the window, so that the client is held back before its body is complete."""


class Transport:
    """Notes whether it reads."""

    def __init__(self) -> None:
        self.reads = True
        self.closing = False
        self.calls = 0

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.reads = False
        self.calls += 1

    def resume_reading(self) -> None:
        self.reads = True
        self.calls += 1


def source() -> tuple[Source, Transport]:
    made, transport = Source(), Transport()
    made.transport = cast("asyncio.Transport", transport)
    return made, transport


def test_it_reads_when_no_reason_is_left() -> None:
    end, transport = source()
    end.pause_reading(HELD)
    end.pause_reading(OTHER_END)
    end.pause_reading(OTHER_END)
    assert not transport.reads
    end.resume_reading(HELD)
    assert (transport.reads, transport.calls) == (False, 1)
    end.resume_reading(OF_EXCHANGE)
    assert (transport.reads, transport.calls) == (True, 2)


def test_what_never_held_ends_nothing() -> None:
    end, transport = source()
    end.resume_reading(BODY_AHEAD)
    assert transport.calls == 0
    end.pause_reading(HELD)
    end.resume_reading(BODY_AHEAD)
    assert not transport.reads


def test_throttled_by_the_other_end_alone() -> None:
    end, transport = source()
    throttle(end, stalled=True)
    end.pause_reading(BODY_AHEAD)
    throttle(end, stalled=False)
    assert not transport.reads
    assert end.paused == BODY_AHEAD


def test_a_closed_end_is_left_alone() -> None:
    end, transport = source()
    transport.closing = True
    end.pause_reading(HELD)
    end.resume_reading(HELD)
    assert transport.calls == 0
    end.transport = None
    end.pause_reading(HELD)
    end.resume_reading(HELD)


async def never(wire: Wire) -> None:
    await wire.head()
    await asyncio.Event().wait()


async def stalls(wire: Wire) -> None:
    wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.Event().wait()


async def early(wire: Wire) -> None:
    while True:
        await wire.head()
        await wire.send(OK)


async def dies(wire: Wire) -> None:
    await wire.head()


async def nobody(r: Rig) -> None:
    r.services.locate("echo", [Endpoint("127.0.0.1", 9)])


async def occupied(r: Rig) -> None:
    wire = await r.connect()
    await wire.send(get())
    await r.until(lambda: r.state.in_flight == 1)


async def as_it_is(_: Rig) -> None:
    """Nothing is to be done before."""


ENDINGS: dict[
    str,
    tuple[Callable[[Wire], Awaitable[None]], Callable[[Rig], Awaitable[None]], bytes],
] = {
    "queue_timeout": (never, occupied, PREFIX),
    "connect_failed": (never, nobody, PREFIX),
    "first_byte_timeout": (stalls, as_it_is, PREFIX),
    "upstream_closed": (dies, as_it_is, PREFIX),
    "unknown_service": (never, as_it_is, b"/system/services/none/exposed"),
    "not_found": (never, as_it_is, b"/none"),
    "": (early, as_it_is, PREFIX),
}


@pytest.mark.parametrize("minor", [0, 1])
@pytest.mark.parametrize("pieces", [(SIZE,), (70_000, SIZE - 70_000), (60_000, SIZE - 60_000)])
@pytest.mark.parametrize("reason", ENDINGS)
async def test_a_connection_is_read_again_after_a_large_body(
    reason: str, pieces: tuple[int, ...], minor: int
) -> None:
    """An ingress pools its connections to us: one that is never read from again hangs the requests
    of other users (nginx `upstream { keepalive }`, HAProxy `http-reuse always`)."""
    script, prepare, path = ENDINGS[reason]
    limits = Limits(linger=0.3)
    patience = 0.1 if reason == "first_byte_timeout" else 10
    timeouts = Timeouts(queue=0.05, connect=0.5, first_byte=patience)
    async with rig(await Pod(script).start(), concurrency=1, limits=limits, timeouts=timeouts) as r:
        await prepare(r)
        wire = await r.connect()
        head = b"POST %b/ HTTP/1.%d\r\nHost: h\r\nContent-Length: %d\r\n" % (path, minor, SIZE)
        await wire.send(head + (b"" if minor else b"Connection: keep-alive\r\n") + b"\r\n")
        for piece in pieces:
            await wire.send(b"x" * piece)
        answer = await wire.response()
        assert answer.fields.get(b"x-gateway-error", b"") == reason.encode()
        if answer.fields.get(b"connection") == b"close":
            await wire.ended()
        else:
            await wire.send(b"GET /again HTTP/1.1\r\nHost: h\r\n\r\n")
            assert (await wire.response()).status == 404
            clients = [c for c in r.gateway.connections.open if isinstance(c, ClientConnection)]
            assert [one.paused for one in clients if one.exchange is None] == [0]
        assert not r.gateway.connections.unread
