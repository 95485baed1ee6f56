"""The streams of one connection of HTTP/2, and what leaves on it: the half of its server that does
not depend on what comes.

What came in one read is handed over together, and what is to be sent in one turn of the loop leaves
together. `Session` is the other half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gateway.http2 import frames
from gateway.http2.calm import Calm
from gateway.http2.credit import Credit
from gateway.http2.frames import LAST, NO_ERROR, ConnectionFaultError
from gateway.http2.outbox import Outbox
from gateway.http2.register import Register

if TYPE_CHECKING:
    import asyncio

    from gateway.http2.stream import Stream


class Owner(Protocol):
    """The connection, as the session sees it."""

    stalled: bool
    """The client's connection takes nothing more for now."""

    @property
    def now(self) -> float:
        """Monotonic seconds."""

    def send(self, data: bytes) -> None:
        """Write to the client."""

    def plan_flush(self) -> None:
        """Call `flush` in the next turn of the loop."""

    def open_stream(self, stream: Stream) -> asyncio.Protocol:
        """What serves a new stream; it has been told of its transport."""

    def was_reset(self) -> None:
        """A stream was reset by the client, or for what it did."""

    def broke_off(self) -> None:
        """The connection ends for what the client did."""

    def over(self) -> None:
        """All has been said: close when it has gone out."""


class Mux:
    """One connection's. `owner` is its transport's protocol."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._calm = Calm(owner.now)
        self.streams = Register()
        self._credit = Credit()
        self._outbox = Outbox()
        self._fresh: list[Stream] = []
        """Streams that have something to be handed over."""
        self._lost: list[Stream] = []
        """Streams that were given up, whose connection has not been told."""
        self._planned = False
        self._told = self._final = False
        """The client knows that it should go; no further stream is opened."""
        self.ended = False

    # -- what streams ask for

    def head(self, stream: Stream, block: bytes, *, last: bool) -> None:
        """Send a block of fields."""
        self._outbox.block(stream, block, last=last)
        self._plan()

    def wants_to_send(self, stream: Stream) -> None:
        """`stream` has content, or an end."""
        self._outbox.want(stream)
        self._plan()

    def wants_to_read(self, stream: Stream) -> None:
        """`stream` takes again what came."""
        self._fresh.append(stream)
        self._plan()

    def taken(self, stream: Stream, count: int) -> None:
        """`count` bytes that came are kept here no more."""
        del stream
        self._free(count)

    def abandon(self, stream: Stream, code: int) -> None:
        """Reset `stream`; it hears of it in the next turn."""
        if stream.number in self.streams:
            self._tell_reset(stream.number, code)
            self._lost.append(stream)

    # -- what goes

    def _plan(self) -> None:
        if not self._planned and not self.ended:
            self._planned = True
            self._owner.plan_flush()

    def flush(self) -> None:
        """Hand over what came, and send what is to be sent."""
        self._planned = False
        if self.ended:
            return
        self._hand_over()
        lost, self._lost = self._lost, []
        for stream in lost:
            self._drop(stream, None)
        while not self._owner.stalled:
            data, ended = self._outbox.batch()
            if data:
                self._owner.send(data)
            for stream in ended:
                self._end(stream)
            if not data:
                break
        while self._outbox.contents > 0:
            self._outbox.contents -= 1
            self._calm.earn()

    def _hand_over(self) -> None:
        fresh, self._fresh = self._fresh, []
        for stream in dict.fromkeys(fresh):
            stream.deliver()
            self._tell(self._credit.handed_over(stream))

    def _end(self, stream: Stream) -> None:
        """Our half has ended; the stream has, when its connection wants no more."""
        if not stream.closing or stream.number not in self.streams:
            return
        if stream.received:
            self.streams.ends(stream.number, by_us=False)
        else:  # what else would come is not wanted (section 8.1)
            self._tell_reset(stream.number, NO_ERROR)
        self._calm.answered()
        self._drop(stream, None)

    def _drop(self, stream: Stream, error: Exception | None) -> None:
        stream.discard()
        stream.lost(error)
        if self._final and not self.streams and not self.ended:
            self._close()

    def _tell_reset(self, number: int, code: int) -> Stream | None:
        self._outbox.put(frames.reset(number, code))
        self._plan()
        return self.streams.ends(number, by_us=True)

    def _free(self, count: int) -> None:
        self._tell(self._credit.kept_no_more(count))

    def _tell(self, frame: bytes) -> None:
        if frame:
            self._outbox.put(frame)
            self._plan()

    # -- the end

    def leave(self) -> None:
        """Ask the client to go, and serve what it still asks for (section 6.8)."""
        if not self._told and not self.ended:
            self._told = True
            self._outbox.put(frames.goaway(LAST, NO_ERROR))
            self._plan()

    def finish(self) -> None:
        """Serve the streams that are open, and no other; then close."""
        if not self._final and not self.ended:
            self._told = self._final = True
            self._outbox.put(frames.goaway(self.streams.last, NO_ERROR))
            self._plan()
            if not self.streams:
                self._close()

    def fail(self, fault: ConnectionFaultError) -> None:
        """Break off, and say why."""
        if self.ended:
            return
        self._outbox.put(frames.goaway(self.streams.last, fault.code, fault.detail))
        self._close()
        self.lost(ConnectionAbortedError(fault.detail))

    def _close(self) -> None:
        data, _ = self._outbox.batch()
        self.ended = True
        if data:
            self._owner.send(data)
        self._owner.over()

    def lost(self, error: Exception | None) -> None:
        """The connection is gone, and all streams with it."""
        self.ended = True
        streams = [*self.streams.values(), *self._lost]
        self.streams.clear()
        self._lost.clear()
        for stream in streams:
            stream.lost(error)
