"""Clients for what wrk cannot do: SSE, WebSocket echo, and connections that lie idle."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.load.arms import Arm

_MASK = b"\1\2\3\4"
_TEXT = b"m" * 60
_FRAME = bytes((0x81, 0x80 | len(_TEXT))) + _MASK
_MESSAGE = _FRAME + bytes(byte ^ _MASK[index & 3] for index, byte in enumerate(_TEXT))
_ECHO = 2 + len(_TEXT)


async def _opened(
    arm: Arm, path: str, authorization: str, more: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    """A connection on which one request was sent, and the head of its answer."""
    reader, writer = await asyncio.open_connection(arm.host, arm.port)
    writer.write(
        f"GET {arm.prefix}{path} HTTP/1.1\r\nHost: {arm.host}\r\n"
        f"Authorization: {authorization}\r\n{more}\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    return reader, writer, head


@dataclass
class Counter:
    """Grows while its streams are open."""

    total: int = 0


@contextlib.asynccontextmanager
async def events(arm: Arm, authorization: str, streams: int) -> AsyncIterator[Counter]:
    """Opens `streams` streams and counts the events that come."""
    counter = Counter()
    opened = await asyncio.gather(*(_opened(arm, "/events", authorization) for _ in range(streams)))
    counting = [asyncio.ensure_future(_count(counter, reader)) for reader, _, _ in opened]
    try:
        yield counter
    finally:
        for _, writer, _ in opened:
            writer.transport.abort()
        await asyncio.gather(*counting)


async def _count(counter: Counter, reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            counter.total += data.count(b"data: ")


async def echoes(arm: Arm, authorization: str, *, sockets: int, seconds: float) -> int:
    """Messages echoed on `sockets` WebSockets, one at a time on each, in `seconds`."""
    upgrade = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
    )
    opened = [await _opened(arm, "/ws", authorization, upgrade) for _ in range(sockets)]
    assert all(head.startswith(b"HTTP/1.1 101") for _, _, head in opened), opened[0][2]
    end = asyncio.get_running_loop().time() + seconds
    counts = await asyncio.gather(*(_echo_until(end, r, w) for r, w, _ in opened))
    for _, writer, _ in opened:
        writer.transport.abort()
    return sum(counts)


async def _echo_until(
    end: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> int:
    loop = asyncio.get_running_loop()
    count = 0
    while loop.time() < end:
        writer.write(_MESSAGE)
        await reader.readexactly(_ECHO)
        count += 1
    return count


@contextlib.asynccontextmanager
async def idle(arm: Arm, authorization: str, count: int) -> AsyncIterator[None]:
    """`count` connections, each of which has had one answer and waits."""
    writers = []
    try:
        for start in range(0, count, 100):
            batch = min(100, count - start)
            opened = await asyncio.gather(*(_opened(arm, "/", authorization) for _ in range(batch)))
            writers += [writer for _, writer, _ in opened]
        yield
    finally:
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)
