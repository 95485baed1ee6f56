"""A connection to a pod: carries one exchange at a time, or lies idle in its pod's pool.

Made by `connect`. It knows the exchange only as what handles an answer.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, cast

from gateway.dataplane.flow import Source
from gateway.net.sockets import end_writing, keep_alive
from gateway.protocol.framing import CloseBody
from gateway.protocol.http1 import END, ProtocolError
from gateway.protocol.reasons import Refusal
from gateway.routing.reply import prepare

if TYPE_CHECKING:
    from gateway.dataplane.roles import AnswerHandler, PodHandler
    from gateway.protocol.framing import Body
    from gateway.routing.reply import Replies
    from gateway.services.balancer import Backend


class UpstreamConnection(Source, asyncio.Protocol):
    """Cuts what the pod sends into heads and bodies for its exchange. Bytes that nobody asked for
    end the connection."""

    __slots__ = (
        "_partial",
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
        self._partial = b""
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
    def began(self) -> bool:
        """The beginning of a head has come."""
        return self._partial != b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(self._window)
        keep_alive(transport)

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            if self.tunnel is not None:
                self.tunnel.relay(data)
            else:
                self.abort()  # an answer without a question: its framing cannot be trusted
        elif self.body is not None:
            self._relay(exchange, self.body, data)
        else:
            self._head(exchange, self._partial + data if self._partial else data)

    def _head(self, exchange: AnswerHandler, data: bytes) -> None:
        """Take heads off `data`: any number of interim ones, and one that is final."""
        replies = self._replies
        while data and self.exchange is exchange:
            end = data.find(END) + 4
            if end < 4:
                self._wait_for_head(exchange, data)
                return
            raw = data[:end]
            reply = replies.memory.get(raw)
            if reply is None:
                try:
                    reply = prepare(raw, replies)
                except ProtocolError as error:
                    exchange.failed(Refusal("upstream_malformed", error.detail))
                    return
            self._partial = b""
            if reply.status >= 200:
                exchange.answered(reply, data[end:])
                return
            data = exchange.interim(reply, data[end:])

    def _wait_for_head(self, exchange: AnswerHandler, data: bytes) -> None:
        if len(data) > self._replies.limits.head:
            exchange.failed(Refusal("upstream_malformed", "its head is too large"))
        else:
            self._partial = data

    def _relay(self, exchange: AnswerHandler, body: Body, data: bytes) -> None:
        try:
            out = body.feed(data)
        except ProtocolError as error:
            exchange.failed(Refusal("upstream_malformed", error.detail))
            return
        exchange.relay(out)
        if body.done and self.exchange is exchange:
            exchange.complete(monotonic(), not body.excess)

    def begin_body(self, body: Body, rest: bytes) -> None:
        """The head was passed on; `rest` of what came with it begins the body."""
        self.body = body
        if rest and self.exchange is not None:
            self._relay(self.exchange, body, rest)

    def write(self, data: bytes) -> None:
        """Send bytes to the pod, if it is still there."""
        if self.transport is not None:
            self.transport.write(data)

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
        self.transport = None
        handler = self._handler
        self.exchange = self.tunnel = None
        if handler is not None:
            handler.lost(self, error)
        elif self in self.backend.idle:
            self.backend.idle.remove(self)

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
