"""A stream to a pod as a transport: HTTP/1.1 is written to it and read from it.

Who serves it does not see that it shares its connection. Bytes that may not go out yet wait here,
in bounds; bytes that are not wanted yet wait as well, and the pod may send no more than a window
of them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

from gateway.http2 import frames
from gateway.http2.blocks import encoded
from gateway.http2.pod_head import request_block
from gateway.protocol.chunked import ChunkedBody, chunk
from gateway.protocol.framing import CHUNKED, LengthBody
from gateway.protocol.http1 import END

if TYPE_CHECKING:
    from gateway.http2.pod_head import Head

LINGER: Final = 5.0
"""Seconds that a pod has to end the stream of an answer that is whole by its length."""
LAST_CHUNK: Final = b"0\r\n%b\r\n"

_NOBODY: Final = asyncio.Protocol()


class UnprocessedError(ConnectionError):
    """The pod has done nothing for this request, so that it may be sent again whatever it asks for
    (RFC 9113, section 8.7)."""


class Carrier(Protocol):
    """The connection of a stream."""

    grpc: bool
    """What it carries is gRPC."""
    window: int
    """Bytes that each stream may bring before somebody takes them."""

    @property
    def room(self) -> int:
        """Bytes of content that may be sent now, in one frame, whichever stream they are of."""

    def begin(self, stream: PodStream, block: bytes, *, end: bool) -> None:
        """Send HEADERS: the stream gets its number and its window."""

    def send(self, data: bytes, content: int = 0) -> None:
        """Send frames with so many bytes of content."""

    def blocked(self, stream: PodStream) -> None:
        """The stream has bytes to send for which the connection has no room."""

    def over(self, stream: PodStream) -> None:
        """Nothing more of the stream is of interest."""


class PodStream(asyncio.Transport):
    """One request and its answer."""

    def __init__(self, carrier: Carrier, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._carrier = carrier
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._body: ChunkedBody | LengthBody | None = None
        """What is written after the head."""
        self._pending = bytearray()
        self._high = carrier.window
        self._stalled = False
        """The protocol was told that more waits than should."""
        self._inbox: list[bytes] = []
        self._unread = 0
        """Bytes in it, as flow control counts them."""
        self._owed = 0
        """Bytes that were taken, for which the pod may not send others yet."""
        self._paused = False
        self._closed = False
        self._left = CHUNKED
        """Bytes of the answer's content that are to come; CHUNKED: who knows."""
        self._timer: asyncio.TimerHandle | None = None
        self.number = 0
        """0 until the head is written."""
        self.window = 0
        """Bytes that may be sent."""
        self.sent = False
        """END_STREAM has gone out."""
        self.ended = False
        """END_STREAM has come."""
        self.answering = False
        """The final head has come."""
        self.head_only = False

    # -- what is written

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Take more of an HTTP/1.1 request; its head comes whole."""
        if self._closed or self.sent:
            return
        text = bytes(data)
        if self._body is None:
            end = text.index(END) + 4
            self._body = self._begin(text[:end])
            text = text[end:]
        if text:
            self._pending += self._body.feed(text)
        self.flush()
        if len(self._pending) > self._high and not self._stalled:
            self._stalled = True
            self._protocol.pause_writing()

    def _begin(self, head: bytes) -> ChunkedBody | LengthBody:
        block, length = request_block(head, grpc=self._carrier.grpc)
        self.head_only = head.startswith(b"HEAD ")
        self.sent = not length
        self._carrier.begin(self, block, end=self.sent)
        return ChunkedBody(bare=True, trailers=True) if length == CHUNKED else LengthBody(length)

    def flush(self, most: int = 1 << 30) -> None:
        """Send what the windows allow, in `most` frames at most."""
        carrier, pending = self._carrier, self._pending
        while pending and most and (size := min(len(pending), self.window, carrier.room)) > 0:
            piece = bytes(pending[:size])
            del pending[:size]
            self.window -= size
            most -= 1
            self.sent = not pending and self._whole and not self._trailers
            flags = frames.END_STREAM if self.sent else 0
            carrier.send(frames.make(frames.DATA, flags, self.number, piece), size)
        if pending and self.window > 0:
            carrier.blocked(self)
        elif not pending and self._whole and not self.sent:
            self._end()
        if self._stalled and len(pending) <= self._high // 4:
            self._stalled = False
            self._protocol.resume_writing()

    @property
    def _whole(self) -> bool:
        """All of the request was written."""
        return self._body is not None and self._body.done

    @property
    def _trailers(self) -> list[bytes]:
        return (self._body.fields or []) if isinstance(self._body, ChunkedBody) else []

    def _end(self) -> None:
        self.sent = True
        if self._trailers:
            block = encoded(self._trailers)
            self._carrier.send(frames.header_frames(self.number, block, frames.END_STREAM))
        else:
            self._carrier.send(frames.make(frames.DATA, frames.END_STREAM, self.number))

    # -- what is read: the connection calls `deliver` when it has told all that came at once

    def headed(self, head: Head) -> None:
        """A head came, interim or final."""
        self._inbox.append(head.text)
        if head.status >= 200:
            self.answering = True
            self._left = head.length

    def received(self, data: bytes, count: int) -> bool:
        """Content came, `count` bytes as flow control has it; False when it is too much."""
        self._unread += count
        if not data:
            pass
        elif self._left == CHUNKED:
            self._inbox.append(chunk(data))
        elif len(data) > self._left:
            return False
        else:
            self._left -= len(data)
            self._inbox.append(data)
        return self._unread + self._owed <= self._carrier.window

    @property
    def whole(self) -> bool:
        """All of the answer has come, whether or not the pod has said so."""
        return self.ended or (self.answering and not self._left)

    def finish(self, trailers: bytes = b"") -> None:
        """END_STREAM came, with these lines; they are lost where HTTP/1.1 has no place for them."""
        self.ended = True
        if self.answering and self._left == CHUNKED:
            self._inbox.append(LAST_CHUNK % trailers)
            self._left = 0
        if self._closed:
            self._leave()

    def deliver(self) -> None:
        """Hand over what has come, unless it is not wanted yet."""
        if self._paused or self._closed:
            return
        if self._inbox:
            data = b"".join(self._inbox)
            self._inbox.clear()
            self._credit()
            self._protocol.data_received(data)
        if self.ended and not self._paused:
            self.lose(ConnectionError("the stream ended before its answer was whole"))

    def _credit(self) -> None:
        """Let the pod send as much as was taken, in large steps."""
        self._owed += self._unread
        self._unread = 0
        if self._owed * 2 >= self._carrier.window and not self.ended:
            self._carrier.send(frames.window_update(self.number, self._owed))
            self._owed = 0

    # -- its end

    def lose(self, error: Exception) -> None:
        """It is gone."""
        protocol, told = self._protocol, not self._closed
        self._leave()
        if told:
            protocol.connection_lost(error)

    def abort(self) -> None:
        """Have the pod stop its work, unless that is done. Who asks for it hears nothing more."""
        if self._closed:
            return
        if self.sent and self.whole and not self.ended:
            self._close()  # a reset would look as if the answer was not wanted
            self._timer = self._loop.call_later(LINGER, self._reset)
        elif self.number and not (self.sent and self.ended):
            self._reset()
        else:
            self._leave()

    close = abort

    def _reset(self) -> None:
        self._carrier.send(frames.reset(self.number, frames.CANCEL))
        self._leave()

    def _leave(self) -> None:
        self._close()
        if self._timer is not None:
            self._timer.cancel()
        self._carrier.over(self)

    def _close(self) -> None:
        self._closed = True
        self._pending.clear()
        self._inbox.clear()
        self._protocol = _NOBODY  # two that hold each other would wait for the garbage collector

    def is_closing(self) -> bool:
        """Whether it is over."""
        return self._closed

    # -- what else a transport can

    def pause_reading(self) -> None:
        """Hand nothing over; the pod may go on for a window's bytes."""
        self._paused = True

    def resume_reading(self) -> None:
        """Hand over what has come meanwhile, in a moment."""
        self._paused = False
        self._loop.call_soon(self.deliver)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Tell the protocol to pause when more than `high` bytes wait."""
        self._high = self._high if high is None else high

    def get_write_buffer_size(self) -> int:
        """Bytes that wait to be sent."""
        return len(self._pending)

    def can_write_eof(self) -> bool:
        """No: a request ends by its framing."""
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing: it has no socket of its own."""
        return default

    def __repr__(self) -> str:
        state = "closed" if self._closed else "answering" if self.answering else "asking"
        return f"<PodStream {self.number} {state}, {len(self._pending)} bytes to send>"
