"""TLS on the public port: from an accepted socket to a connection of a client.

A handshake on its way is a connection like any other: it is counted and bounded from the moment it
is accepted, and a client that sends nothing, or little by little, ends by GATEWAY_HEAD_TIME. The
first byte is looked at before TLS is: what is plain HTTP gets an answer that says so.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from gateway.dataplane.accepting import BACKLOG
from gateway.dataplane.client import ClientConnection
from gateway.net.sockets import plain_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from gateway.dataplane.connections import Connections

_BATCH: Final = 16
"""Connections accepted in one turn of the loop."""
_TOLD: Final = 64
"""Connections over a limit that may finish their handshake, to be told so."""


class TlsListener:
    """Connections that begin with a handshake; `secured` is the context for the next one."""

    def __init__(
        self, sock: socket.socket, connections: Connections, secured: Callable[[], ssl.SSLContext]
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._connections = connections
        self._context = connections.context
        self._secured = secured

    async def open(self) -> None:
        """Accept, or accept again."""
        self._sock.listen(BACKLOG)
        self._context.loop.add_reader(self._sock.fileno(), self._accept)

    def rest(self) -> None:
        """Accept nobody, and keep the port."""
        if self._sock.fileno() >= 0:
            self._context.loop.remove_reader(self._sock.fileno())

    def close(self) -> None:
        """Give the port up; handshakes on their way go on."""
        self.rest()
        self._sock.close()

    def _accept(self) -> None:
        descriptors = self._context.descriptors
        for _ in range(_BATCH):
            try:
                sock, peer = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # none left, of the process or of the machine
                descriptors.short.set()
                return
            sock.setblocking(False)
            self._begin(sock, peer[0])
            if descriptors.met(sock.fileno()):
                return

    def _begin(self, sock: socket.socket, address: str) -> None:
        limits, connections = self._context.limits, self._connections
        client = ClientConnection(connections)
        beyond = connections.arrived(client, plain_address(address))
        if beyond > _TOLD:
            self._context.stats.connections_refused += 1
            connections.vanished(client)
            sock.close()
            return
        seconds = (limits.linger if beyond > 0 else limits.head_time) or None
        task = self._context.loop.create_task(
            self._shake(sock, client, seconds), name="TLS handshake"
        )
        self._context.handshakes.add(task)
        task.add_done_callback(self._context.handshakes.discard)

    async def _shake(
        self, sock: socket.socket, client: ClientConnection, seconds: float | None
    ) -> None:
        """Hand the socket over to the client connection, or close it."""
        loop = self._context.loop
        try:
            async with asyncio.timeout(seconds):
                client.misplaced = await self._speaks_plainly(sock)
                if client.misplaced:
                    await loop.connect_accepted_socket(lambda: client, sock)
                else:
                    await loop.connect_accepted_socket(
                        lambda: client, sock, ssl=self._secured(), ssl_handshake_timeout=seconds
                    )
        except (OSError, TimeoutError):  # it left, was too slow, or speaks no TLS that we know
            sock.close()
        except asyncio.CancelledError:
            sock.close()
            raise
        finally:
            self._connections.vanished(client)

    async def _speaks_plainly(self, sock: socket.socket) -> bool:
        """Whether the first byte, which stays where it is, begins a request rather than a record
        of TLS (RFC 8446, section 5.1: 22 is a handshake)."""
        loop = self._context.loop
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(sock.fileno(), _wake, ready)
        try:
            await ready
        finally:
            loop.remove_reader(sock.fileno())
        first = sock.recv(1, socket.MSG_PEEK)
        return first.isalpha() or first in (b"\r", b"\n")


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
