"""The client connections of one process: who is connected, from where, who is busy, who is left.

The server drains and counts by it; a connection registers itself and gets its exchanges from it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from gateway.dataplane.roles import Client
from gateway.dataplane.sending import Reader, Sending
from gateway.dataplane.turns import Pipelined, Turns
from gateway.net.deadlines import Watched
from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from gateway.dataplane.context import Context
    from gateway.routing.compose import Profile
    from gateway.services.route import Request


class Connection(Client, Watched, Pipelined, Reader, Protocol):
    """What is registered."""

    profile: Profile
    held: bytes
    """Bytes whose turn has not come."""
    counted: bool
    """It counts among the connections that are bounded; a stream of HTTP/2 does not."""

    def look_for_end(self) -> None:
        """Notice that the client is gone although it is not read from."""

    def expired(self) -> None:
        """The deadline has passed."""


class Multiplexed(Watched, Reader, Protocol):
    """A connection of HTTP/2, whose streams are registered as connections."""

    address: str

    def leave(self) -> None:
        """Ask the client to go."""

    def finish(self) -> None:
        """Serve the streams that are open, and no other."""

    def expired(self) -> None:
        """The deadline has passed."""

    def abort(self) -> None:
        """Close at once."""


Begin = Callable[[Client, "Request", bytes], None]
"""Begins a client's next request, with what came of its body with the head. Nothing else may follow
in that, but after a chunked body."""


class Connections:
    """`begin` makes the exchange of a client's next request, which is `client.exchange` then.

    A connection of TLS is counted from its arrival, before its handshake; what becomes of none has
    vanished.
    """

    def __init__(self, context: Context, begin: Begin) -> None:
        self.context = context
        self.begin = begin
        self.open: set[Connection] = set()
        self.multiplexed: set[Multiplexed] = set()
        self.multiplex: Callable[[Connection, bytes, Refusal | None], None] | None = None
        """Goes on with a connection that speaks HTTP/2, and with what it has sent."""
        self.unread: set[Connection] = set()
        """Clients that are not read from, so that their end would go unnoticed."""
        self.arriving: dict[Connection, str] = {}
        """Connections before the end of their handshake, and their addresses."""
        self.turns = Turns(context.loop)
        self.sending = Sending(context.limits)
        self._addresses: Counter[str] = Counter()
        self.here = 0
        """Connections that count."""
        self._empty = asyncio.Event()
        self._empty.set()

    def arrived(self, client: Connection, address: str) -> int:
        """Count a connection whose handshake begins; the answer is by how many, at most, the
        limits are passed with it."""
        self._count(address)
        self.arriving[client] = address
        return max(self._beyond(address, trusted=self.context.trusts(address)))

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
        of_all, of_address = self._beyond(client.address, trusted=client.profile.trusted)
        if of_all <= 0 and of_address <= 0:
            return None
        self.context.stats.connections_refused += 1
        return Refusal("gateway_full" if of_all > 0 else "too_many_connections")

    def joined(self, stream: Connection) -> None:
        """Register a stream, which is no connection of its own."""
        self.open.add(stream)
        self._empty.clear()

    def converted(self, client: Connection, successor: Multiplexed) -> None:
        """`successor` takes the place of `client`, which spoke no HTTP/1."""
        self.open.discard(client)
        self.context.deadlines.forget(client)
        self.multiplexed.add(successor)

    def _count(self, address: str) -> None:
        self.here += 1
        self._addresses[address] += 1
        stats = self.context.stats
        stats.connections += 1
        stats.connections_accepted += 1

    def _beyond(self, address: str, *, trusted: bool) -> tuple[int, int]:
        """By how many connections the limits are passed: of all, and of this address, which has
        none if it is `trusted`."""
        limits = self.context.limits
        most, most_each = limits.connections, limits.connections_per_address
        return (
            self.here - most if most > 0 else 0,
            self._addresses[address] - most_each if most_each > 0 and not trusted else 0,
        )

    def closed(self, client: Connection) -> None:
        """Forget a connection."""
        self.open.discard(client)
        self.unread.discard(client)
        self.sending.forget(client)
        self.context.deadlines.forget(client)
        if client.counted:
            self._forget(client.address)
        if not self.left:
            self._empty.set()

    def ended(self, multiplexed: Multiplexed) -> None:
        """Forget a connection of HTTP/2; its streams have ended."""
        self.multiplexed.discard(multiplexed)
        self.sending.forget(multiplexed)
        self.context.deadlines.forget(multiplexed)
        self._forget(multiplexed.address)
        if not self.left:
            self._empty.set()

    @property
    def left(self) -> bool:
        """Somebody is connected."""
        return bool(self.open or self.multiplexed)

    def _forget(self, address: str) -> None:
        self.here -= 1
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
