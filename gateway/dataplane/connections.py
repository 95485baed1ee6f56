"""The client connections of one process: who is connected, from where, who is busy, who is left.

The server drains and counts by it; a connection registers itself and gets its exchanges from it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from gateway.dataplane.roles import Client, ClientHandler
from gateway.dataplane.sending import Reader, Sending
from gateway.dataplane.turns import Pipelined, Turns
from gateway.net.deadlines import Watched
from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.dataplane.context import Context
    from gateway.routing.compose import Profile
    from gateway.services.route import Request


class Connection(Client, Watched, Pipelined, Reader, Protocol):
    """What is registered."""

    profile: Profile
    held: bytes
    """Bytes whose turn has not come."""

    def look_for_end(self) -> None:
        """Notice that the client is gone although it is not read from."""

    def expired(self) -> None:
        """The deadline has passed."""


class Started(ClientHandler, Protocol):
    """A request on its way."""

    def start(self, rest: bytes) -> None:
        """Begin; `rest` is what came of the body with the head. Nothing else may follow in it, but
        after a chunked body."""


class Connections:
    """`begin` makes the exchange of a client's next request.

    A connection of TLS is counted from its arrival, before its handshake; what becomes of none has
    vanished.
    """

    def __init__(self, context: Context, begin: Callable[[Client, Request], Started]) -> None:
        self.context = context
        self.begin = begin
        self.open: set[Connection] = set()
        self.unread: set[Connection] = set()
        """Clients that are not read from, so that their end would go unnoticed."""
        self.arriving: dict[Connection, str] = {}
        """Connections before the end of their handshake, and their addresses."""
        self.turns = Turns(context.loop)
        self.sending = Sending(context.limits)
        self._addresses: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()

    def arrived(self, client: Connection, address: str) -> int:
        """Count a connection whose handshake begins; the answer is by how many, at most, the
        limits are passed with it."""
        self._count(address)
        self.arriving[client] = address
        limits = self.context.limits
        here = len(self.open) + len(self.arriving)
        return max(
            here - limits.connections if limits.connections > 0 else 0,
            self._addresses[address] - limits.connections_per_address
            if limits.connections_per_address > 0 and not self.context.trusts(address)
            else 0,
        )

    def vanished(self, client: Connection) -> None:
        """Forget a connection that has not got through its handshake; others stay."""
        address = self.arriving.pop(client, None)
        if address is not None:
            self._forget(address)

    def opened(self, client: Connection) -> Refusal | None:
        """Register a connection; the answer says why it is one too many."""
        if self.arriving.pop(client, None) is None:
            self._count(client.address)
        self.open.add(client)
        self._empty.clear()
        reason = self._excess(client)
        self.context.stats.connections_refused += bool(reason)
        return Refusal(reason) if reason else None

    def _count(self, address: str) -> None:
        self._addresses[address] += 1
        stats = self.context.stats
        stats.connections += 1
        stats.connections_accepted += 1

    def _excess(self, client: Connection) -> str:
        limits = self.context.limits
        if 0 < limits.connections < len(self.open) + len(self.arriving):
            return "gateway_full"
        if 0 < limits.connections_per_address < self._addresses[client.address]:
            return "" if client.profile.trusted else "too_many_connections"
        return ""

    def closed(self, client: Connection) -> None:
        """Forget a connection."""
        self.open.discard(client)
        self.unread.discard(client)
        self.sending.forget(client)
        self.context.deadlines.forget(client)
        self._forget(client.address)
        if not self.open:
            self._empty.set()

    def _forget(self, address: str) -> None:
        self.context.stats.connections -= 1
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]

    @property
    def busy(self) -> int:
        """Requests in progress, tunnels not counted."""
        return sum(one.exchange is not None and not one.exchange.is_tunnel for one in self.open)

    @property
    def tunnels(self) -> int:
        """Tunnels open."""
        return sum(one.exchange is not None and one.exchange.is_tunnel for one in self.open)

    async def emptied(self) -> None:
        """Return when no client connection is left."""
        await self._empty.wait()
