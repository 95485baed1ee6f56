"""A connection of a client that speaks HTTP/2, and what serves each of its streams.

A stream is served as a connection of HTTP/1.1 would be, by the same code: its requests are planned,
bounded, counted and logged like any other. What is peculiar to HTTP/2 is in `gateway.http2`; here
are the socket, the deadlines and the register. Made when a client's first bytes, or its handshake
of TLS, say that it speaks HTTP/2.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from math import inf
from os import urandom
from typing import TYPE_CHECKING, cast

from gateway.dataplane.client import ClientConnection
from gateway.http2.frames import ENHANCE_YOUR_CALM, ConnectionFaultError
from gateway.http2.session import Session
from gateway.net.sockets import cut, end_writing

if TYPE_CHECKING:
    from gateway.dataplane.connections import Connection, Connections
    from gateway.http2.stream import Stream
    from gateway.protocol.reasons import Refusal

VERSION = b"2.0"


def multiplex(
    connections: Connections, client: Connection, data: bytes, refusal: Refusal | None
) -> None:
    """Go on with `client`, which has sent `data`; `refusal` says why it is one too many."""
    transport = client.transport
    assert transport is not None
    successor = MultiplexedConnection(connections, client, transport)
    connections.converted(client, successor)
    client.transport = None
    transport.set_protocol(successor)
    successor.begin(data, refusal)


class MultiplexedConnection(asyncio.Protocol):
    """Serves the streams of one client. Its deadline is for a preface or a block of fields that
    does not come to its end, and for a client that asks for nothing."""

    def __init__(
        self, connections: Connections, client: Connection, transport: asyncio.Transport
    ) -> None:
        context = self.context = connections.context
        self._connections = connections
        self.transport: asyncio.Transport | None = transport
        self.address = client.address
        self.forwarded = client.forwarded
        self.profile, self.heads = context.kind(
            client.profile.scheme, client.address, client.profile.misplaced, VERSION
        )
        self.stalled = False
        """The client does not read what is written to it."""
        self.deadline = inf
        self.look = inf
        self._late = False
        self._closing = False
        self._session = Session(self, context.limits, b64encode(urandom(16)))

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return self.context.now

    def begin(self, data: bytes, refusal: Refusal | None) -> None:
        """Speak first, and take what the client has sent."""
        self.context.stats.http2_accepted += 1
        self._session.begin()
        self._bound()
        if refusal is not None:
            self._session.fail(ConnectionFaultError(ENHANCE_YOUR_CALM, refusal.reason))
        elif data:
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        session = self._session
        session.receive(data)
        if session.late != self._late or not session.streams:
            self._bound()

    def _bound(self) -> None:
        """Set the deadline by what is waited for."""
        if self._closing:
            return
        limits, session = self.context.limits, self._session
        late, self._late = self._late, session.late
        if session.late:
            if not late:
                self._within(limits.head_time or inf)
        elif session.streams:
            self.deadline = inf
        elif late or self.deadline == inf:
            self._within(limits.keep_alive or inf)

    def _within(self, seconds: float) -> None:
        context = self.context
        deadline = self.deadline = context.now + seconds
        if deadline < self.look:
            context.deadlines.watch(self)

    def expired(self) -> None:
        """The deadline has passed."""
        if self._closing:
            self._drop()
        elif self._session.late:
            self.broke_off()
            self._session.fail(ConnectionFaultError(ENHANCE_YOUR_CALM, "request_timeout"))
        elif not self._session.streams:
            self._session.finish()

    def _drop(self) -> None:
        """Enough of closing. What has gone out may still arrive; what has not is cut off."""
        transport = self.transport
        if transport is not None and not transport.get_write_buffer_size():
            transport.abort()
        else:
            self.abort()

    # -- what the session asks for

    def send(self, data: bytes) -> None:
        """Write to the client."""
        if self.transport is not None and not self._closing:
            self.transport.write(data)

    def plan_flush(self) -> None:
        """Let the session send in the next turn of the loop."""
        self.context.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._session.flush()
        if not self._session.streams:
            self._bound()

    def open_stream(self, stream: Stream) -> asyncio.Protocol:
        """What serves a new stream."""
        if self.context.leaving:
            self._session.leave()
        self.deadline = inf
        client = StreamConnection(self._connections, self)
        client.connection_made(stream)
        return client

    def was_reset(self) -> None:
        """A stream was reset by the client, or for what it did."""
        self.context.stats.http2_resets += 1

    def broke_off(self) -> None:
        """The connection ends for what the client did."""
        self.context.stats.http2_cut += 1

    def over(self) -> None:
        """Close when everything written has gone out, and read away meanwhile: a close while bytes
        come in would reset the connection, and the client might never see why."""
        self._closing = True
        transport = self.transport
        if transport is None:
            return
        if not end_writing(transport):
            transport.close()
        if self.context.limits.send_time and transport.get_write_buffer_size():
            self.deadline = inf
            self._connections.sending.watch(self, self.context.now)
        else:
            self.sent()

    # -- what the server asks for

    def leave(self) -> None:
        """Ask the client to go."""
        self._session.leave()

    def finish(self) -> None:
        """Serve the streams that are open, and no other."""
        self._session.finish()

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        if self.transport is not None:
            cut(self.transport)

    def sent(self) -> None:
        """All that waited has left, and the client is to be given nothing more."""
        if self._closing:
            self._within(self.context.limits.linger)

    def stuck(self) -> None:
        """The client takes too little of what is written to it."""
        self.abort()

    # -- what the transport tells

    def pause_writing(self) -> None:
        self.stalled = True
        self._connections.sending.watch(self, self.context.now)

    def resume_writing(self) -> None:
        self.stalled = False
        if not self._closing:
            self._connections.sending.forget(self)
        self._session.flush()

    def eof_received(self) -> bool | None:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._closing = True
        self._session.lost(error)
        self._connections.ended(self)

    def __repr__(self) -> str:
        return f"<MultiplexedConnection {self.address}, {len(self._session.streams)} streams>"


class StreamConnection(ClientConnection):
    """Serves the one request of a stream."""

    __slots__ = ()
    counted = False
    trailers = True
    protocol = "HTTP/2"

    def __init__(self, connections: Connections, parent: MultiplexedConnection) -> None:
        super().__init__(connections)
        self.address = parent.address
        self.forwarded = parent.forwarded
        self.profile, self.heads = parent.profile, parent.heads

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.fresh = False
        self.transport.set_write_buffer_limits(self.context.limits.window)
        self._connections.joined(self)

    def finished(self, keep: bool) -> None:
        """The answer is whole; what of it still waits has its time."""
        del keep
        self.exchange = None
        self.closing = True
        self.held = b""
        if self.transport is not None:
            self.transport.close()
            self.within(self.context.limits.send_time or inf)

    def expired(self) -> None:
        """The deadline has passed; a client that takes its answer slowly is judged by its rate."""
        if self.closing and self.exchange is None:
            self._await_reader()
        else:
            super().expired()

    def linger(self) -> None:
        """There is no more to lose than the rest of a request that is not wanted."""
        self.finished(False)
