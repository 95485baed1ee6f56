"""A connection to a pod: carries one exchange at a time, or lies idle in its pod's pool."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from gateway.balancer import Backend
    from gateway.exchange import Exchange


class UpstreamConnection(asyncio.Protocol):
    """Hands everything that happens to its exchange; bytes that nobody asked for end it."""

    __slots__ = ("backend", "exchange", "reused", "since", "transport", "window")

    def __init__(self, backend: Backend, window: int) -> None:
        self.backend = backend
        self.window = window
        self.exchange: Exchange | None = None
        self.transport: asyncio.Transport | None = None
        self.reused = False
        """It has carried an exchange before the one it carries now."""
        self.since = 0.0

    @property
    def usable(self) -> bool:
        """Whether a request can be written to it."""
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(self.window)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            self.abort()  # an answer without a question: its framing cannot be trusted
        else:
            exchange.upstream_data(data)

    def eof_received(self) -> bool | None:
        return self.exchange is not None and self.exchange.upstream_ended()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.upstream_lost(error)
        elif self in self.backend.idle:
            self.backend.idle.remove(self)

    def pause_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.upstream_stalls = True
            self.exchange.client.pause_reading()

    def resume_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.upstream_stalls = False
            self.exchange.client.resume_reading()

    def pause_reading(self) -> None:
        """The client does not keep up."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """The client keeps up again."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def close(self) -> None:
        """Close after what is written has gone out."""
        self.exchange = None
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once, so that the pod stops its work."""
        self.exchange = None
        if self.transport is not None:
            self.transport.abort()

    def __repr__(self) -> str:
        state = "closed" if self.transport is None else "busy" if self.exchange else "idle"
        return f"<UpstreamConnection {self.backend.label} {state}>"
