"""A connection to a pod: carries one exchange at a time, or lies idle in its pod's pool.

Made by `connect`. It knows the exchange only as what handles an answer.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

from gateway.dataplane.flow import Source
from gateway.net.sockets import end_writing, keep_alive, unread
from gateway.protocol.foreign import is_foreign, meaning
from gateway.protocol.framing import CloseBody
from gateway.protocol.http1 import END, ProtocolError
from gateway.protocol.reasons import Refusal
from gateway.routing.reply import following, like, read

if TYPE_CHECKING:
    from gateway.dataplane.roles import AnswerHandler, PodHandler
    from gateway.protocol.framing import Body
    from gateway.routing.reply import Replies, Reply
    from gateway.services.backend import Backend

PIECE: Final = 64 * 1024
UNREAD: Final = 64
"""Pieces of that many bytes that are read of an answer when writing to its pod has failed: what a
socket's buffer may hold."""
DOUBT: Final = 1.0
"""Seconds for which a few bytes that begin no HTTP may grow into something that can be named."""


class UpstreamConnection(Source, asyncio.Protocol):
    """Cuts what the pod sends into heads and bodies for its exchange. Bytes that nobody asked for
    end the connection."""

    __slots__ = (
        "_last",
        "_partial",
        "_proven",
        "_replies",
        "_window",
        "backend",
        "body",
        "exchange",
        "reused",
        "since",
        "tunnel",
    )

    def __init__(self, backend: Backend, replies: Replies, window: int) -> None:
        super().__init__()
        self.backend = backend
        self._replies = replies
        self._window = window
        self._last: Reply | None = None
        """Its last answer, whose head the next one is likely to have."""
        self._partial = b""
        self._proven = False
        """The first write to it has succeeded."""
        self.exchange: AnswerHandler | None = None
        self.body: Body | None = None
        """The response's body on its way."""
        self.tunnel: PodHandler | None = None
        """Takes all bytes as they are, from a 101 on."""
        self.reused = False
        """It has carried an exchange before the one it carries now."""
        self.since = 0.0

    @property
    def _handler(self) -> PodHandler | None:
        return self.exchange or self.tunnel

    @property
    def unasked(self) -> str:
        """What the pod said before it was asked anything; empty when it said nothing."""
        beginning = self._partial
        if beginning and not is_foreign(beginning):
            return "it answers before it is asked"
        return meaning(beginning) if beginning else ""

    @property
    def began(self) -> bool:
        """The beginning of a head has come."""
        return self._partial != b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(self._window)
        keep_alive(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            if self.tunnel is not None:
                self.tunnel.relay(data)
            else:  # an answer without a question: its framing cannot be trusted
                self._partial = data[:64]
                self.abort()
        elif (body := self.body) is not None:
            try:
                out = body.feed(data)
            except ProtocolError as error:
                exchange.failed(Refusal("upstream_malformed", error.detail))
                return
            exchange.relay(out)
            if body.done and self.exchange is exchange:
                exchange.complete(monotonic(), not (body.excess or body.odd))
        elif self._partial or (last := self._last) is None:
            self._head(self._partial + data)
        elif data.startswith(last.raw):
            exchange.answered(last, data[len(last.raw) :])
        elif (form := last.form) and (found := following(last, form, data, self._replies)):
            self._last = found
            exchange.answered(found, data[len(found.raw) :])
        else:
            self._head(data)

    def _head(self, data: bytes) -> None:
        """Take heads off `data`: any number of interim ones, and one that is final."""
        replies = self._replies
        seen = len(self._partial)
        while data and (exchange := self.exchange) is not None:
            end = data.find(END, seen - 3 if seen > 3 else 0) + 4
            raw = data[:end]
            reply = replies.memory.get(raw) or (like(raw, replies) if end > 3 else None)
            if reply is None:
                found = self._read(exchange, data, seen)
                if found is None:
                    return
                reply, end = found
            self._partial = b""
            seen = 0
            if reply.status >= 200:
                if reply.raw:
                    self._last = reply
                exchange.answered(reply, data[end:])
                return
            data = exchange.interim(reply, data[end:])

    def _read(self, exchange: AnswerHandler, data: bytes, seen: int) -> tuple[Reply, int] | None:
        """A head that is not remembered; None when it is not complete, or will never be one."""
        try:
            found = read(data, seen, self._replies)
        except ProtocolError as error:
            exchange.failed(Refusal("upstream_malformed", error.detail))
            return None
        if found is None:
            self._partial = data
            if is_foreign(data):
                asyncio.get_running_loop().call_later(DOUBT, self._give_up, data)
        return found

    def _give_up(self, beginning: bytes) -> None:
        """No more has come of what is no HTTP."""
        exchange = self.exchange
        if exchange is not None and self._partial == beginning:
            exchange.failed(Refusal("upstream_malformed", meaning(beginning)))

    def begin_body(self, body: Body, rest: bytes) -> None:
        """The head was passed on; `rest` of what came with it begins the body."""
        self.body = body
        if rest:
            self.data_received(rest)

    def write(self, data: bytes) -> None:
        """Send bytes to the pod, if it is still there."""
        if self.transport is not None:
            self.transport.write(data)

    def write_more(self, data: bytes) -> None:
        """Send more of a request's body: if that goes, the pod has taken what was sent before."""
        transport = self.transport
        if transport is not None and not transport.is_closing():
            self._proven = True
            transport.write(data)

    def end(self) -> None:
        """Send no more, and keep reading."""
        if self.transport is not None:
            end_writing(self.transport)

    def eof_received(self) -> bool | None:
        exchange = self.exchange
        if exchange is not None and isinstance(self.body, CloseBody):
            exchange.relay(self.body.ended())
            exchange.complete(monotonic(), False)
            return False
        handler = self._handler
        return handler is not None and handler.upstream_ended()

    def connection_lost(self, error: Exception | None) -> None:
        transport, self.transport = self.transport, None
        if error is not None and transport is not None:
            self._read_unread(transport, ended=isinstance(error, BrokenPipeError))
        handler, exchange = self._handler, self.exchange
        self.exchange = self.tunnel = None
        if exchange is not None and is_foreign(self._partial):
            exchange.failed(Refusal("upstream_malformed", meaning(self._partial)))
        elif handler is not None:
            handler.lost(self, error)
        elif self in self.backend.idle:
            self.backend.idle.remove(self)

    def _read_unread(self, transport: asyncio.Transport, *, ended: bool) -> None:
        """Believe the answer that has arrived before the write that broke: a pod that refuses a
        large body answers, and closes without reading it (RFC 9112, section 9.6).

        What lies on a used connection whose first write broke was there before the request.
        `ended`: the pod's regular end came before its reset (Linux then breaks the write with
        EPIPE, and with ECONNRESET otherwise), so that what is there is all.
        """
        for _ in range(UNREAD if self._proven or not self.reused else 0):
            if self.exchange is None:
                return
            data = unread(transport, PIECE)
            if not data:
                if ended:
                    self.eof_received()
                return
            self.data_received(data)

    def pause_writing(self) -> None:
        if self._handler is not None:
            self._handler.upstream_stalls(stalled=True)

    def resume_writing(self) -> None:
        if self._handler is not None:
            self._handler.upstream_stalls(stalled=False)

    def close(self) -> None:
        """Close after what is written has gone out."""
        self.exchange = self.tunnel = None
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once, so that the pod stops its work."""
        self.exchange = self.tunnel = None
        if self.transport is not None:
            self.transport.abort()

    def __repr__(self) -> str:
        state = "closed" if self.transport is None else "busy" if self._handler else "idle"
        return f"<UpstreamConnection {self.backend.label} {state}>"
