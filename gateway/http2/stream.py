"""One stream of a client, as a transport under the connection that serves requests of HTTP/1.1.

What comes on the stream is handed to that connection as HTTP/1.1 would have brought it, and what it
writes is taken apart again. To stop reading keeps the stream's window shut (RFC 9113, section 5.2);
what the client's window does not let through waits here, and stops the writing. Made by `Session`,
which owns the connection's half of all this.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from gateway.http2.answers import CONTENT, HEAD, Answer
from gateway.http2.frames import CANCEL, INTERNAL_ERROR, PROTOCOL_ERROR, StreamFaultError
from gateway.http2.requests import UNKNOWN
from gateway.protocol.chunked import chunk

if TYPE_CHECKING:
    from gateway.http2.requests import Opening


class Multiplexer(Protocol):
    """The connection of a stream."""

    def head(self, stream: Stream, block: bytes, *, last: bool) -> None:
        """Send a block of fields, `last` if it ends the stream."""

    def wants_to_send(self, stream: Stream) -> None:
        """There is content, or the end."""

    def wants_to_read(self, stream: Stream) -> None:
        """What came is to be handed over."""

    def taken(self, stream: Stream, count: int) -> None:
        """So many bytes that came are kept here no more."""

    def abandon(self, stream: Stream, code: int) -> None:
        """Reset the stream."""


class Stream(asyncio.Transport):
    """Both halves of one stream. `room` and `credit` are windows, in bytes."""

    __slots__ = (
        "_came",
        "_chunked",
        "_ended",
        "_high",
        "_left",
        "_mux",
        "_paused",
        "_stalled",
        "_tail",
        "answer",
        "closing",
        "credit",
        "ending",
        "head",
        "number",
        "out",
        "owed",
        "protocol",
        "queued",
        "received",
        "room",
        "sent",
        "shut",
        "tunnel",
    )

    def __init__(
        self,
        number: int,
        mux: Multiplexer,
        opening: Opening,
        *,
        ended: bool,
        credit: int,
        room: int,
    ) -> None:
        super().__init__()
        self.number = number
        self._mux = mux
        self.protocol: asyncio.Protocol | None = None
        """None once the stream is lost to it."""
        self.head = opening.head
        """The request's head, until it is handed over."""
        self.tunnel = opening.tunnel
        self._chunked = opening.length == UNKNOWN and not opening.tunnel
        self._left = opening.length
        self._came: list[bytes] = []
        """Content that is not handed over yet."""
        self._tail = b""
        """Lines of the request's trailers."""
        self.received = ended
        """The client sends no more."""
        self._ended = ended
        """That was handed over as well."""
        self._paused = False
        self.credit = credit
        """What the client may still send."""
        self.owed = 0
        """What was handed over since the client was last given credit."""
        self.answer = Answer(bodyless=opening.bodyless)
        self.room = room
        """What may still be sent to the client; less than nothing after it has said so."""
        self.out = bytearray()
        self.shut = b""
        """The block of trailers that ends the answer."""
        self.queued = False
        """It is in the round of those that have something to send."""
        self.sent = False
        """Our side of the stream has ended."""
        self.ending = False
        """Nothing more is written."""
        self.closing = False
        """Nobody wants more of what comes, either."""
        self._high = 64 * 1024
        self._stalled = False

    # -- what comes

    def content(self, data: bytes, *, ended: bool) -> None:
        """DATA came; raises StreamFaultError when it is not as long as it was announced."""
        if data:
            self._came.append(data)
        if self._left != UNKNOWN:
            self._left -= len(data)
            if self._left < 0 or (ended and self._left):
                raise StreamFaultError(PROTOCOL_ERROR, "content-length and the content differ")
        self.received = ended

    def trailers(self, lines: bytes) -> None:
        """The request has ended with these lines."""
        if self._left > 0:
            raise StreamFaultError(PROTOCOL_ERROR, "content-length and the content differ")
        self._tail = lines
        self.received = True

    @property
    def deliverable(self) -> bool:
        """Something is to be handed over, and may be."""
        return not self._paused and bool(self._came or self.received > self._ended)

    def deliver(self) -> None:
        """Hand over what came."""
        protocol = self.protocol
        if protocol is None or self.closing:
            self.discard()
            return
        if self._paused:
            return
        head, self.head = self.head, b""
        came, self._came = self._came, []
        data = came[0] if len(came) == 1 else b"".join(came)
        count = len(data)
        ending = self.received and not self._ended
        self._ended = self.received
        if self._chunked:
            data = _chunks(data, self._tail, last=ending)
        if head or data:
            protocol.data_received(head + data if head else data)
        if count:
            self.owed += count
            self._mux.taken(self, count)
        if ending and self.tunnel and self.protocol is not None and not self.closing:
            self._end_of_tunnel()

    def _end_of_tunnel(self) -> None:
        assert self.protocol is not None
        if not self.protocol.eof_received():
            self.close()

    def discard(self) -> None:
        """Forget what came, and have the connection's window opened for it."""
        count = sum(map(len, self._came))
        self._came.clear()
        if count:
            self._mux.taken(self, count)

    @property
    def reading(self) -> bool:
        """The client may be given credit."""
        return not (self._paused or self.received or self.closing)

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        if self._paused:
            self._paused = False
            self._mux.wants_to_read(self)

    def is_reading(self) -> bool:
        return not self._paused

    # -- what goes

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.protocol is None or self.ending or self.sent:
            return
        answer = self.answer
        parts = answer.feed(bytes(data))
        for kind, part in parts:
            if kind == CONTENT:
                self.out += part
            elif kind == HEAD:
                self.sent = answer.done and part is parts[-1][1]
                self._mux.head(self, part, last=self.sent)
            else:
                self.shut = part
        if self.out or answer.done:
            self._mux.wants_to_send(self)
        if len(self.out) > self._high and not self._stalled:
            self._stalled = True
            self.protocol.pause_writing()

    def take(self, most: int) -> tuple[bytearray, bool]:
        """Up to `most` bytes to send, and whether they are the last of the stream's content."""
        out = self.out
        if len(out) <= most:
            self.out = bytearray()
            piece = out
        else:
            piece = out[:most]
            del out[:most]
        self.room -= len(piece)
        return piece, not self.out and (self.answer.done or self.ending)

    def moved(self) -> None:
        """Some of what waited has gone."""
        if self._stalled and len(self.out) <= self._high // 4 and self.protocol is not None:
            self._stalled = False
            self.protocol.resume_writing()

    def write_eof(self) -> None:
        """End our half of a tunnel."""
        self.ending = True
        self._mux.wants_to_send(self)

    def can_write_eof(self) -> bool:
        return self.answer.switched

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del low
        self._high = self._high if high is None else high

    def get_write_buffer_size(self) -> int:
        return len(self.out)

    # -- the end

    def close(self) -> None:
        """End when all has gone out; an answer that is not whole is broken off."""
        if self.protocol is None:
            return
        if self.answer.done or self.answer.switched:
            self.ending = self.closing = True
            self._mux.wants_to_send(self)
        else:
            self._mux.abandon(self, INTERNAL_ERROR)

    def abort(self) -> None:
        if self.protocol is not None:
            self._mux.abandon(self, INTERNAL_ERROR if self.answer.begun else CANCEL)

    def is_closing(self) -> bool:
        return self.closing or self.protocol is None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default  # whatever there is to know is the connection's

    def lost(self, error: Exception | None) -> None:
        """Nothing will come or go any more."""
        protocol, self.protocol = self.protocol, None
        if protocol is not None:
            protocol.connection_lost(error)

    def __repr__(self) -> str:
        halves = f"{'ended' if self.received else 'open'}, {'ended' if self.sent else 'open'}"
        return f"<Stream {self.number} {halves}, {len(self.out)} bytes wait>"


def _chunks(data: bytes, trailers: bytes, *, last: bool) -> bytes:
    """`data` as a chunk of HTTP/1.1, with the end of the body if it is the last."""
    framed = chunk(data) if data else b""
    return b"%b0\r\n%b\r\n" % (framed, trailers) if last else framed
