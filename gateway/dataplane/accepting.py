"""Accepting clients on the public port, and resting from it while descriptors are short.

Without a rest libuv closes the connections it has no descriptor for, and the standard event loop
tries again and again. While nobody accepts, the kernel keeps those who come, as for HAProxy at its
`maxconn`: they are served when others leave.

Made by the server. `Listener` is what it opens and shuts.
"""

from __future__ import annotations

import asyncio
import logging
from math import inf
from typing import TYPE_CHECKING, Final, Protocol

from gateway.dataplane import pool

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from gateway.dataplane.context import Context

log = logging.getLogger(__name__)

BACKLOG: Final = 2048
"""Clients that the kernel keeps until they are accepted."""
REST: Final = 0.1
"""Seconds between two looks whether there are descriptors again."""
EPISODE: Final = 10.0
"""Seconds of accepting after which another rest is told again."""


class Listener(Protocol):
    """A bound socket of clients."""

    async def open(self) -> None:
        """Accept, or accept again."""

    def rest(self) -> None:
        """Accept nobody, and keep the port."""

    def close(self) -> None:
        """Give the port up."""


class PlainListener:
    """Connections as they come, each handled by what `factory` makes."""

    def __init__(self, sock: socket.socket, factory: Callable[[], asyncio.Protocol]) -> None:
        self._sock = sock
        self._factory = factory
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Accept on a duplicate, which can be closed and leaves the port as it is."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._factory, sock=self._sock.dup(), backlog=BACKLOG
        )

    def rest(self) -> None:
        """Accept nobody, and keep the port."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Give the port up."""
        self.rest()
        self._sock.close()


async def attend(listener: Listener, context: Context) -> None:
    """Rest whenever descriptors run short; for ever."""
    descriptors = context.descriptors
    resumed = -EPISODE
    while True:
        await descriptors.short.wait()
        listener.rest()
        context.stats.rests += 1
        told = context.loop.time() - resumed >= EPISODE
        if told:
            log.error(
                "descriptors run out (%d allowed, %d clients): accepting nobody until others "
                "leave; raise the limit of open files (RLIMIT_NOFILE, ulimit -n) or lower "
                "GATEWAY_MAX_CONNECTIONS",
                descriptors.limit,
                context.stats.connections,
            )
        for connection in pool.expired(context.pods, inf):
            connection.close()
        await _until_free(listener, context)
        resumed = context.loop.time()
        if told:
            log.info("there are descriptors again: accepting clients")


async def _until_free(listener: Listener, context: Context) -> None:
    while True:
        await asyncio.sleep(REST)
        if context.draining:
            return
        if context.descriptors.next() < context.descriptors.crowd:
            context.descriptors.short.clear()
            await listener.open()
            return
