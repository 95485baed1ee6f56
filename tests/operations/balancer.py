"""A TCP balancer that knows the endpoints of a Service as a node does: somewhat late.

It never tries a second endpoint: what it sends to a pod that is gone is lost, as with kube-proxy.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from shared.kube.errors import Unreachable
from tests.tasks import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Addresses = list[tuple[str, int]]

LOOK: Final = 0.05
"""Seconds between two looks at the endpoints."""
CHUNK: Final = 65536


class Balancer:
    """`find` asks for the endpoints; what it answers is used `lag` seconds later."""

    def __init__(self, find: Callable[[], Awaitable[Addresses]], lag: float) -> None:
        self._find = find
        self._lag = lag
        self._seen: deque[tuple[float, Addresses]] = deque()
        self._turn = itertools.count()
        self.used: set[str] = set()
        """The hosts that were sent to."""
        self._open: set[asyncio.StreamWriter] = set()
        self.address = ""

    async def follow(self) -> None:
        """Look for ever; while nobody answers, what is known holds."""
        while True:
            with suppress(Unreachable):
                self._seen.append((time.monotonic(), await self._find()))
            await asyncio.sleep(LOOK)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a connection to the next endpoint."""
        self._open.add(writer)
        try:
            with suppress(OSError):
                if known := self.there():
                    await self._join(known[next(self._turn) % len(known)], reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def ended(self) -> None:
        """Cut all connections."""
        while self._open:
            for writer in self._open:
                writer.transport.abort()
            await asyncio.sleep(LOOK)

    async def _join(
        self, address: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.used.add(address[0])
        above, below = await asyncio.open_connection(*address)
        try:
            await asyncio.gather(_pipe(reader, below), _pipe(above, writer))
        finally:
            below.close()

    def there(self) -> Addresses:
        """The endpoints that it knows of now."""
        while len(self._seen) > 1 and self._seen[1][0] < time.monotonic() - self._lag:
            self._seen.popleft()
        return self._seen[0][1] if self._seen else []


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


@asynccontextmanager
async def balancing(
    find: Callable[[], Awaitable[Addresses]], lag: float = 1.0
) -> AsyncIterator[Balancer]:
    """One on a free port of 127.0.0.1."""
    balancer = Balancer(find, lag)
    async with AsyncExitStack() as stack:
        server = await asyncio.start_server(balancer.serve, "127.0.0.1", 0)
        stack.push_async_callback(balancer.ended)
        stack.callback(server.close)
        host, port = server.sockets[0].getsockname()
        balancer.address = f"{host}:{port}"
        await stack.enter_async_context(running(balancer.follow()))
        yield balancer
