"""What is to be sent on a connection: blocks of fields at once, content as windows let it through.

Streams with something to say stand in a round, and each says a frame at a time, so that none keeps
others waiting (RFC 9113, section 5.2). Does no I/O: `batch` answers the bytes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from gateway.http2 import frames
from gateway.http2.blocks import FORGET_TABLE
from gateway.http2.frames import (
    DATA,
    END_STREAM,
    FLOW_CONTROL_ERROR,
    FRAME,
    LARGEST_WINDOW,
    WINDOW,
    ConnectionFaultError,
    StreamFaultError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.http2.stream import Stream

BATCH: Final = 64 * 1024
"""Bytes that leave in one write."""


class Outbox:
    """One connection's. `room` is the connection's window, `initial` that of a new stream."""

    __slots__ = ("_first", "_parts", "_round", "backlog", "contents", "initial", "room")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._round: deque[Stream] = deque()
        self._first = True
        self.backlog = 0
        """Bytes of frames without content that wait."""
        self.contents = 0
        """Frames of content that went."""
        self.initial = self.room = WINDOW

    def put(self, frame: bytes) -> None:
        """Send a frame before all content."""
        self._parts.append(frame)
        self.backlog += len(frame)

    def block(self, stream: Stream, block: bytes, *, last: bool) -> None:
        """Send a block of fields, `last` if it ends the stream."""
        if self._first:
            self._first = False
            block = FORGET_TABLE + block
        self.put(frames.header_frames(stream.number, block, END_STREAM if last else 0))

    def want(self, stream: Stream) -> None:
        """Give `stream` its turn."""
        if not stream.queued:
            stream.queued = True
            self._round.append(stream)

    def batch(self) -> tuple[bytes, list[Stream]]:
        """What leaves next, and the streams whose turn found, or brought, their end."""
        parts, self._parts = self._parts, []
        size, self.backlog = self.backlog, 0
        ended: list[Stream] = []
        queue = self._round
        while queue and size < BATCH:
            stream = queue.popleft()
            stream.queued = False
            if stream.protocol is None:
                continue
            if not stream.sent:
                size += self._turn(stream, parts)
            if stream.sent:
                ended.append(stream)
        return b"".join(parts), ended

    def _turn(self, stream: Stream, parts: list[bytes]) -> int:
        """Take a frame of content from `stream`, and the block of trailers after the last."""
        number = stream.number
        piece, last = stream.take(max(min(self.room, stream.room, FRAME), 0))
        size = len(piece)
        closes = last and not stream.shut
        if size or closes:
            parts.append(frames.make(DATA, END_STREAM if closes else 0, number, piece))
            self.room -= size
            self.contents += 1
        if last:
            stream.sent = True
            if stream.shut:
                parts.append(frames.header_frames(number, stream.shut, END_STREAM))
        elif size and stream.out:
            self.want(stream)
        if size:
            stream.moved()
        return size + 9

    def granted(self, count: int, streams: Iterable[Stream]) -> None:
        """The client takes `count` more bytes on the connection; raises ConnectionFaultError."""
        self.room += count
        if self.room > LARGEST_WINDOW:
            raise ConnectionFaultError(FLOW_CONTROL_ERROR, "the connection's window is too large")
        for stream in streams:
            if stream.out:
                self.want(stream)

    def granted_stream(self, count: int, stream: Stream) -> None:
        """The client takes `count` more bytes on `stream`; raises StreamFaultError."""
        stream.room += count
        if stream.room > LARGEST_WINDOW:
            raise StreamFaultError(FLOW_CONTROL_ERROR, "the stream's window is too large")
        if stream.out:
            self.want(stream)

    def resized(self, initial: int, streams: Iterable[Stream]) -> None:
        """SETTINGS_INITIAL_WINDOW_SIZE changed, for all streams by as much (section 6.9.2)."""
        change, self.initial = initial - self.initial, initial
        for stream in streams:
            stream.room += change
            if stream.room > LARGEST_WINDOW:
                raise ConnectionFaultError(FLOW_CONTROL_ERROR, "a stream's window is too large")
            if stream.out:
                self.want(stream)
