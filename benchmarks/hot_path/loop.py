"""An event loop without sockets: who listens or connects gets a transport that keeps the bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeTransport(asyncio.Transport):
    """Takes every byte at once.

    `write` and `is_closing` are called for each request, and are therefore not Python functions:
    what is measured is the gateway.
    """

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 40000)})
        self.written: deque[bytes] = deque(maxlen=256)
        self.write = self.written.append  # type: ignore[assignment,method-assign]
        self.is_closing = False.__bool__  # type: ignore[method-assign]

    def taken(self) -> bytes:
        """All bytes written since the last call."""
        data = b"".join(self.written)
        self.written.clear()
        return data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is ever buffered."""

    def get_write_buffer_size(self) -> int:
        return 0

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Nobody waits for the end."""

    def pause_reading(self) -> None:
        """Whoever feeds the protocol sees to it."""

    def resume_reading(self) -> None:
        """Whoever feeds the protocol sees to it."""

    def close(self) -> None:
        """The benchmark holds no resource."""

    def abort(self) -> None:
        """The benchmark holds no resource."""


class FakeServer:
    """What listening answers."""

    def close(self) -> None:
        """Nothing is open."""


class FakeLoop(asyncio.SelectorEventLoop):
    """`accept` makes the protocol of a client; `dialled` has what was connected, newest last."""

    accept: Callable[[], asyncio.Protocol]

    def __init__(self) -> None:
        super().__init__()
        self.dialled: list[tuple[asyncio.Protocol, FakeTransport]] = []

    async def create_server(self, protocol_factory: Any, *_: Any, **options: Any) -> Any:
        """Remember what serves a client."""
        options["sock"].close()
        self.accept = protocol_factory
        return FakeServer()

    async def create_connection(self, protocol_factory: Any, *_: Any, **__: Any) -> Any:
        """Connect at once to nobody."""
        protocol: asyncio.Protocol = protocol_factory()
        transport = FakeTransport()
        protocol.connection_made(transport)
        self.dialled.append((protocol, transport))
        return transport, protocol
