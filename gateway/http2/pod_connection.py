"""A connection to a pod that speaks HTTP/2: carries many exchanges, each on a stream of its own.

Opened by `dataplane.carriers` with prior knowledge (RFC 9113, section 3.3). The pod has proved what
it speaks before anything is asked of it. What breaks one stream ends that one; what breaks the
connection ends all.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast

from gateway.http2 import frames
from gateway.http2.frames import ConnectionFaultError
from gateway.http2.pod_session import PodSession
from gateway.http2.pod_stream import PodStream
from gateway.net.sockets import keep_alive
from gateway.protocol.foreign import is_foreign, meaning

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.http2.pod_head import Heads

BACKLOG: Final = 4 * 1024 * 1024
"""Bytes that may wait for a pod that does not read: answers to its own questions are among them."""

_HTTP1: Final = b"HTTP/1."


class PodHttp2(PodSession, asyncio.Protocol):
    """One connection; `open` makes what serves an exchange."""

    def __init__(
        self,
        siblings: list[Any],
        make: Callable[[], asyncio.Protocol],
        heads: Heads,
        window: int,
        *,
        grpc: bool,
    ) -> None:
        super().__init__(heads, window, grpc=grpc)
        self._siblings = siblings
        """Where exchanges find it while it takes more of them."""
        self._make = make
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = self._loop.create_future()
        """Done when the pod has proved that it speaks HTTP/2; fails with ConnectionFaultError, or
        with an OSError."""
        self.ready.add_done_callback(_seen)
        self.since = monotonic()
        """When it last had an exchange."""
        self._cutter = frames.Cutter()
        self._out: list[bytes] = []
        self._flushing = False
        self._leaving = False

    # -- exchanges

    @property
    def free(self) -> bool:
        """It takes another exchange."""
        return not self._leaving and self.has_room

    @property
    def idle(self) -> bool:
        """It has no exchange."""
        return not self.streams

    def open(self) -> asyncio.Protocol:
        """What serves one exchange, connected."""
        protocol = self._make()
        self.carry(protocol)
        return protocol

    def carry(self, protocol: asyncio.Protocol) -> None:
        """Connect `protocol`, which serves one exchange."""
        protocol.connection_made(PodStream(self, protocol))

    def emptied(self) -> None:
        self.since = monotonic()
        if self._leaving:
            self._hang_up()

    # -- the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(self.window)
        keep_alive(transport.get_extra_info("socket"))
        stated = {
            frames.HEADER_TABLE_SIZE: 0,
            frames.ENABLE_PUSH: 0,
            frames.INITIAL_WINDOW_SIZE: self.window,
        }
        # what each stream may bring is the bound; the connection's window is never in the way
        more = frames.window_update(0, frames.LARGEST_WINDOW - frames.WINDOW)
        self.transport.write(frames.PREFACE + frames.settings(stated) + more)

    def data_received(self, data: bytes) -> None:
        try:
            if not self.ready.done():
                _check_beginning(self._cutter.held + data)
            for frame in self._cutter.feed(data):
                self.take(*frame)
        except ConnectionFaultError as fault:
            self._fail(fault)
        self.deliver()

    def settled(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def send(self, data: bytes, content: int = 0) -> None:
        """Send frames, together with what else is sent in this turn of the loop."""
        self._sending -= content
        self.queued += content
        self._out.append(data)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        out, self._out = self._out, []
        self.queued = 0
        if self.transport is not None and out:
            self.transport.write(b"".join(out))
            if self.transport.get_write_buffer_size() > BACKLOG:
                self.transport.abort()
        self.pump()

    def pause_writing(self) -> None:
        self.stalled = True

    def resume_writing(self) -> None:
        self.stalled = False
        self.pump()

    # -- its end

    def retire(self) -> None:
        """Begin no more streams."""
        self._leaving = True
        if self in self._siblings:
            self._siblings.remove(self)

    def _fail(self, fault: ConnectionFaultError) -> None:
        """Nothing more of the pod can be understood."""
        if not self.ready.done():
            self.ready.set_exception(fault)
        self.send(frames.goaway(0, fault.code, fault.detail))
        self._flush()
        if self.transport is not None:
            self.transport.close()
        self._lose_all(ConnectionError(f"not valid HTTP/2: {fault.detail}"))

    def _lose_all(self, error: Exception) -> None:
        self.retire()
        for stream in list(self.streams.values()):
            stream.lose(error)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionResetError("closed at once"))
        self._lose_all(error or ConnectionError("without an answer"))

    def close(self) -> None:
        """Close when the exchanges that it has are over."""
        self.retire()
        if not self.streams:
            self._hang_up()

    def _hang_up(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.send(frames.goaway(0, frames.NO_ERROR))
            self._flush()
            self.transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def __repr__(self) -> str:
        state = "closed" if self.transport is None else "leaving" if self._leaving else "open"
        return f"<PodHttp2 {state}, {len(self.streams)} streams>"


def _check_beginning(beginning: bytes) -> None:
    """The first frame is SETTINGS (RFC 9113, section 3.4)."""
    if beginning.startswith(_HTTP1[: len(beginning)]):
        raise ConnectionFaultError(
            frames.PROTOCOL_ERROR,
            "the pod speaks HTTP/1.1, not HTTP/2: set expose.protocol to http1",
        )
    if len(beginning) > 3 and beginning[3] != frames.SETTINGS:
        known = meaning(beginning) if is_foreign(beginning) else "the pod does not speak HTTP/2"
        raise ConnectionFaultError(frames.PROTOCOL_ERROR, known)


def _seen(ready: asyncio.Future[None]) -> None:
    """Whoever waited for it may have left."""
    if not ready.cancelled():
        ready.exception()
