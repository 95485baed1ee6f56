"""One SPDY connection, the server's side of it: its streams, each read and written by its own task.

Made by `http`, which brings the bytes from a socket or a WebSocket; `forwarding` and `remote_spdy`
use the streams. What is not read yet is bounded for each stream: beyond that `feed` waits, and with
it the whole connection, as is usual in SPDY without windows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from shared.embedded.streaming import spdy_frames as frames
from shared.runtime.tasks import cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

MOST_STREAMS: Final = 512
"""At a time, of one connection; more are refused."""
UNREAD: Final = 256 * 1024
"""Bytes of a stream that may wait for being read."""
PIECE: Final = 32 * 1024
"""Bytes that are sent in one frame at most, so that streams take turns."""


class StreamResetError(ConnectionError):
    """The other side wants no more of the stream, or is gone."""


class Stream:
    """A stream that the client opened. `headers` have names in lower case."""

    def __init__(self, number: int, headers: Mapping[str, str], connection: Connection) -> None:
        self.number = number
        self.headers = headers
        self.was_reset = False
        self._connection = connection
        self._unread: deque[bytes] = deque()
        self._size = 0
        self._heard_all = False
        self._said_all = False
        self._changed = asyncio.Event()

    async def receive(self) -> bytes:
        """The next piece; empty at the end. Raises StreamResetError."""
        while not self._unread:
            if self.was_reset:
                raise StreamResetError("the client has reset the stream")
            if self._heard_all:
                return b""
            self._changed.clear()
            await self._changed.wait()
        piece = self._unread.popleft()
        self._size -= len(piece)
        self._changed.set()
        return piece

    async def send(self, data: bytes) -> None:
        """Send `data`, once there is room for it. Raises StreamResetError."""
        for start in range(0, len(data), PIECE):
            if self.was_reset:
                raise StreamResetError("the client has reset the stream")
            piece = data[start : start + PIECE]
            await self._connection.send(frames.data(self.number, piece))

    async def end(self) -> None:
        """Say that nothing more is sent; the second time does nothing."""
        if not (self._said_all or self.was_reset):
            self._said_all = True
            await self._connection.send(frames.data(self.number, b"", fin=True))
        self._forget_if_over()

    async def reset(self, status: int = frames.CANCEL) -> None:
        """End it both ways."""
        if not self.was_reset:
            self.lose()
            await self._connection.send(frames.reset(self.number, status))

    async def take(self, data: bytes, *, fin: bool) -> None:
        """Keep what the client sent until it is read; waits while too much is unread."""
        if data:
            self._unread.append(data)
            self._size += len(data)
        self._heard_all = self._heard_all or fin
        self._changed.set()
        self._forget_if_over()
        while self._size > UNREAD and not self.was_reset:
            self._changed.clear()
            await self._changed.wait()

    def lose(self) -> None:
        """The stream is no more: who reads or writes learns it, and what is unread is dropped."""
        self.was_reset = True
        self._unread.clear()
        self._size = 0
        self._changed.set()
        self._connection.forget(self.number)

    def _forget_if_over(self) -> None:
        if self._heard_all and self._said_all:
            self._connection.forget(self.number)


class Connection:
    """Streams over `send`, which queues bytes at once and returns when there is room for more."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self.send = send
        self._reader = frames.Reader()
        self._headers = frames.Headers()
        self._streams: dict[int, Stream] = {}
        self._new: asyncio.Queue[Stream | None] = asyncio.Queue()
        self._last = 0

    async def accept(self) -> Stream | None:
        """The next stream that the client opens; None once the connection is at its end."""
        return await self._new.get()

    async def feed(self, data: bytes) -> None:
        """Take in what came. Raises SpdyError: then the connection is to be closed."""
        try:
            for frame in self._reader.feed(data):
                await self._handle(frame)
        except frames.SpdyError:
            await self.send(frames.go_away(self._last, frames.PROTOCOL_ERROR))
            raise

    def close(self) -> None:
        """The client is gone: streams end, and `accept` with them."""
        for stream in tuple(self._streams.values()):
            stream.lose()
        self._new.put_nowait(None)

    def forget(self, number: int) -> None:
        """A stream is over."""
        self._streams.pop(number, None)

    async def _handle(self, frame: frames.Frame) -> None:
        match frame:
            case frames.SynStream():
                await self._open(frame)
            case frames.Data():
                stream = self._streams.get(frame.stream)
                if stream is not None:
                    await stream.take(frame.data, fin=frame.fin)
            case frames.Reset():
                if frame.stream in self._streams:
                    self._streams[frame.stream].lose()
            case frames.Ping():
                await self.send(frames.ping(frame.number))

    async def _open(self, frame: frames.SynStream) -> None:
        if frame.stream % 2 == 0 or frame.stream <= self._last:
            await self.send(frames.reset(frame.stream, frames.PROTOCOL_ERROR))
            return
        self._last = frame.stream
        if len(self._streams) >= MOST_STREAMS:
            await self.send(frames.reset(frame.stream, frames.REFUSED_STREAM))
            return
        stream = Stream(frame.stream, frame.headers, self)
        self._streams[frame.stream] = stream
        await self.send(self._headers.syn_reply(frame.stream, {}))
        await stream.take(b"", fin=frame.fin)
        self._new.put_nowait(stream)


class Wire(Protocol):
    """What carries the bytes of a connection."""

    async def receive(self) -> bytes:
        """The next bytes; none once the client has gone."""

    async def send(self, data: bytes) -> None:
        """Queue bytes at once, and return when there is room for more. Raises ConnectionError."""

    async def close(self) -> None:
        """End it."""


async def over(wire: Wire, work: Callable[[Connection], Awaitable[None]]) -> None:
    """Do `work` with the connection that `wire` carries, and close it. Raises what `work` raises.

    A client that speaks something else is told so, and has gone, for `work`.
    """
    connection = Connection(wire.send)
    feeding = asyncio.create_task(_feed(wire, connection), name="spdy/feed")
    try:
        await work(connection)
    finally:
        connection.close()
        await wire.close()
        await cancelled(feeding, ConnectionError, frames.SpdyError)


async def _feed(wire: Wire, connection: Connection) -> None:
    try:
        while data := await wire.receive():
            await connection.feed(data)
    finally:
        connection.close()
