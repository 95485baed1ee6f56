"""A connection of a client: cuts request heads out of the bytes, one exchange at a time.

Made by the server for each connection. It knows the exchange only as what handles a client. What
comes before its turn is held, and requests are taken off it at a cursor; reading goes on only while
no more than the window is held.
"""

from __future__ import annotations

import asyncio
import re
from math import inf
from typing import TYPE_CHECKING, cast

from gateway.dataplane import headless
from gateway.dataplane.context import LAST_CALL
from gateway.dataplane.flow import HELD, OF_EXCHANGE, Source
from gateway.http2.frames import BEGINNING as PREFACE
from gateway.net.sockets import cut, descriptor, end_writing, has_left, plain_address
from gateway.net.tls import speaks_http2
from gateway.protocol.headers import forwarded_for
from gateway.protocol.http1 import END, ProtocolError, check_beginning
from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from gateway.dataplane.connections import Connections
    from gateway.dataplane.roles import ClientHandler
    from gateway.services.route import Request

_EMPTY_LINES = re.compile(rb"(?:\r\n)+")


class ClientConnection(Source, asyncio.Protocol):
    """Serves requests in order. Bytes that come before their turn are held, in bounds."""

    __slots__ = (
        "_connections",
        "_queued",
        "_taken",
        "_until",
        "address",
        "closing",
        "context",
        "deadline",
        "exchange",
        "forwarded",
        "fresh",
        "heads",
        "held",
        "look",
        "misplaced",
        "profile",
        "stalled",
    )
    counted = True
    """It counts among the connections that are bounded."""
    trailers = False
    """The client takes the trailers of answers, and sends its own."""
    protocol = ""
    """What it speaks; empty: HTTP/1, as each of its heads says."""

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self._connections = connections
        self.context = connections.context
        self.exchange: ClientHandler | None = None
        self.held = b""
        """Bytes whose turn has not come: the beginning of a head, or pipelined requests."""
        self._taken = 0
        """How many of them, from the first, were taken since."""
        self._queued = False
        """It waits for the turn of the next pipelined request."""
        self.stalled = False
        """The client does not read what is written to it."""
        self.fresh = True
        """It has carried no request."""
        self.misplaced = False
        """It speaks plain HTTP to a port of TLS."""
        self.closing = False
        """The last response is on its way; what still comes in is read away."""
        self._until = 0.0
        """Until when it is, at most; 0 before all of the response has left."""
        self.deadline = inf
        self.look = inf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        context = self.context
        self.transport.set_write_buffer_limits(context.limits.window)
        peer = transport.get_extra_info("peername")
        self.address = plain_address(peer[0]) if peer else "unix"
        scheme = b"https" if transport.get_extra_info("ssl_object") is not None else b"http"
        self.profile, self.heads = context.kind(scheme, self.address, self.misplaced)
        self.forwarded = forwarded_for(self.address)
        refusal = self._connections.opened(self)
        if self._connections.here > context.descriptors.few:
            context.descriptors.met(descriptor(transport))
        self.deadline = context.now + (context.limits.head_time or inf)
        context.deadlines.watch(self)
        if speaks_http2(transport) and self._connections.multiplex is not None:
            self._connections.multiplex(self, b"", refusal)
        elif refusal is not None:
            self.refuse(refusal)

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is not None:
            exchange.client_data(data)
        elif self.held or self.stalled or self._queued or self.closing:
            self._more(data)
        else:
            self.next_request(data)

    def _more(self, data: bytes) -> None:
        """More of what is held already, or comes when no request is taken."""
        if self.stalled or self._queued:
            self.hold(data)  # who does not read gets no more answers
        elif self.closing:
            self._read_away()
        else:
            self.next_request(self.held + data)

    def next_request(self, data: bytes, start: int = 0) -> None:
        """Take one request off `data` at `start`, where a head begins."""
        end = data.find(END, start) + 4
        if end < 4:
            self._wait_for_head(data[start:])
            return
        raw = data[start:end]
        table = self.context.services.table
        heads = self.heads
        request = heads.get(raw)
        if request is None or request.version is not table.version:
            request = heads.shaped(raw, table) or self._read(raw, data, start)
            if request is None:
                return
        self.held = b""
        more = len(data) - end
        if not more or more == request.length or request.plan.chunked:
            rest = data[end:]
        else:
            rest = self._body(data, end, request.length)
        self._connections.begin(self, request, rest)

    def _read(self, raw: bytes, data: bytes, start: int) -> Request | None:
        """The request of the head `raw`, which is `data` at `start` and like none before; None when
        it is none."""
        if raw[:2] == b"\r\n":
            self._skip_empty_lines(data, start)
            return None
        if raw == PREFACE and self.fresh and self._connections.multiplex is not None:
            self._connections.multiplex(self, data, None)
            return None
        context = self.context
        request = context.planner.request(raw, self.profile, context.services.table)
        self.heads.learn(raw, request, context.services.table)
        return request

    def _body(self, data: bytes, start: int, length: int) -> bytes:
        """The body of `length` bytes at `start`, as far as it is there; what follows it is held."""
        end = start + length
        if end < len(data):
            self.held, self._taken = data, end
        return data[start:end]

    def _skip_empty_lines(self, data: bytes, start: int) -> None:
        """Some clients end a body with an empty line too many (RFC 9112, section 2.2)."""
        found = _EMPTY_LINES.match(data, start)
        assert found is not None
        self.held = b""
        if found.end() < len(data):
            self.next_request(data, found.end())

    def _wait_for_head(self, data: bytes) -> None:
        limits = self.context.limits
        try:
            check_beginning(data, limits, len(self.held))
        except ProtocolError as error:
            self.held = data
            self.refuse(Refusal(error.reason, error.detail))
            return
        if limits.head_time and data.strip(b"\r\n") and not self.held.strip(b"\r\n"):
            self.within(limits.head_time)
        self.held = data

    def hold(self, data: bytes) -> None:
        """Keep bytes until their turn; too many stop the reading."""
        self.held = self._rest() + data
        self._bound()

    def _rest(self) -> bytes:
        """Take all that is held."""
        rest, self.held = self.held[self._taken :], b""
        self._taken = 0
        return rest

    def _bound(self) -> None:
        """Read only while no more than the window is held."""
        if len(self.held) - self._taken > self.context.limits.window:
            self.pause_reading(HELD)
        else:
            self.resume_reading(HELD)

    def release(self) -> None:
        """Hand what was held to the handler, which takes everything from now on."""
        held = self._rest()
        self.resume_reading(self.paused)
        if held and self.exchange is not None:
            self.exchange.client_data(held)

    def finished(self, keep: bool) -> None:
        """The exchange has ended; what it wrote may still be on its way."""
        self.exchange = None
        self.fresh = False
        if self.paused:
            self.resume_reading(OF_EXCHANGE)
        if not keep:
            self.close()
            return
        context = self.context
        idle = LAST_CALL if context.draining else context.limits.keep_alive or inf
        deadline = context.now + idle
        self.deadline = deadline
        if deadline < self.look:
            context.deadlines.watch(self)
        if self.held:
            self._queue()

    def _queue(self) -> None:
        if not self._queued:
            self._queued = True
            self._connections.turns.wait(self)

    def take_turn(self) -> None:
        """Begin the next of the requests that are held."""
        self._queued = False
        if self.exchange is None and self.held and not self.closing and not self.stalled:
            held, start = self.held, self._taken
            self.held, self._taken = b"", 0
            self.next_request(held, start)
            self._bound()

    def refuse(self, refusal: Refusal) -> None:
        """Answer bytes that do not make a request, and close."""
        context = self.context
        due = context.now if self.deadline == inf else self.deadline  # inf: it has passed
        seconds = max(context.now - due + context.limits.head_time, 0.0) if self.held else 0.0
        self.write(headless.refuse(context, self.address, self._rest(), refusal, seconds))
        self.linger()

    def write(self, data: bytes) -> None:
        """Send bytes, if the client is still there."""
        if self.transport is not None:
            self.transport.write(data)

    def within(self, seconds: float) -> None:
        """Move the deadline to `seconds` from now, sooner or later than it was; `inf`: none."""
        context = self.context
        deadline = self.deadline = context.now + seconds
        if deadline < self.look:
            context.deadlines.watch(self)

    def expired(self) -> None:
        """The deadline has passed."""
        exchange = self.exchange
        if exchange is not None:
            exchange.expired()
        elif self.closing:
            self._drop()
        elif self.stalled or self._queued:
            self.within(self.context.limits.keep_alive or inf)  # an answer, or its turn, is to come
        elif self.held:
            self.refuse(Refusal("request_timeout", "the head was not complete in time"))
        else:
            self.close()

    def linger(self) -> None:
        """Close without losing the response: a close while bytes come in would reset the
        connection, and the client might never see why (RFC 9112, section 9.6)."""
        self.closing = True
        self.held = b""
        if not self.end():
            self.close()
            return
        self.resume_reading(self.paused)
        self.sent()
        self._await_reader()

    def sent(self) -> None:
        """Read away for a while what the client still sends; then all is over."""
        if self.closing:
            self._until = self.context.now + self.context.limits.linger_longest
            self.within(self.context.limits.linger)

    def _read_away(self) -> None:
        """More came of what is not wanted, and the answer is not still on its way."""
        if self._until and self.deadline != inf:
            left = max(self._until - self.context.now, 0.0)
            self.within(min(self.context.limits.linger, left))

    def _await_reader(self) -> None:
        """Have no deadline while some of the last answer waits for a client that reads it."""
        context = self.context
        if context.limits.send_time and self._unsent():
            self.deadline = inf
            self._connections.sending.watch(self, context.now)

    def stuck(self) -> None:
        """The client takes too little of what is written to it."""
        exchange = self.exchange
        if exchange is not None:
            exchange.client_stuck()
        self.abort()

    def _unsent(self) -> bool:
        """Some of the last answer waits for a slow reader."""
        return self.transport is not None and self.transport.get_write_buffer_size() > 0

    def _drop(self) -> None:
        """Enough of closing. What has gone out may still arrive; what has not is cut off."""
        if self._unsent():
            self.abort()
        elif self.transport is not None:
            self.transport.abort()

    def end(self) -> bool:
        """Send no more, and keep reading; False when the connection cannot do that."""
        return self.transport is not None and end_writing(self.transport)

    def close(self) -> None:
        """Close when everything written has gone out."""
        self.closing = True
        self.held = b""
        if self.transport is not None:
            self.transport.close()
            self.within(self.context.limits.keep_alive)
            self._await_reader()

    def abort(self) -> None:
        """Close at once: the client must not take what it got for whole."""
        self.closing = True
        if self.transport is not None:
            cut(self.transport)

    def eof_received(self) -> bool | None:
        return self.exchange is not None and self.exchange.client_ended()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.closing = True
        self.held = b""
        self._connections.closed(self)
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.client_gone()

    def pause_writing(self) -> None:
        self.stalled = True
        self._connections.sending.watch(self, self.context.now)
        if self.exchange is not None:
            self.exchange.client_stalls(stalled=True)

    def resume_writing(self) -> None:
        self.stalled = False
        if not self.closing:
            self._connections.sending.forget(self)
        if self.exchange is None:
            if self.held:
                self._queue()
        else:
            self.exchange.client_stalls(stalled=False)

    def pause_reading(self, reason: int) -> None:
        """Do not read, but look for the client's end, which would go unnoticed."""
        super().pause_reading(reason)
        if self.transport is not None:
            self._connections.unread.add(self)

    def resume_reading(self, reasons: int) -> None:
        """Take `reasons` back; read if none is left."""
        super().resume_reading(reasons)
        if not self.paused:
            self._connections.unread.discard(self)

    def look_for_end(self) -> None:
        """Notice that the client is gone although it is not read from."""
        exchange = self.exchange
        half = exchange is not None and exchange.is_tunnel
        if self.transport is not None and has_left(self.transport, half_closed=not half):
            self.abort()

    def __repr__(self) -> str:
        state = "closing" if self.closing else "busy" if self.exchange else "idle"
        return (
            f"<ClientConnection {self.address} {state}, {len(self.held) - self._taken} bytes held>"
        )
