"""The gateway as a whole: what connections share, listening, the tick, and draining."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from ipaddress import ip_address
from math import inf
from typing import TYPE_CHECKING, Final

from gateway.dataplane import pool
from gateway.dataplane.client import ClientConnection
from gateway.memory import Memory
from gateway.net.deadlines import TICKS, Deadlines
from gateway.protocol.ids import Ids
from gateway.protocol.reasons import Refusal
from gateway.routing.compose import Profile
from gateway.routing.planner import Planner
from gateway.routing.reply import Replies
from gateway.services.route import Request
from gateway.stats import UNKNOWN

if TYPE_CHECKING:
    import socket
    import ssl as ssl_module

    from gateway.access_log import AccessLog
    from gateway.limits import Identity, Limits
    from gateway.routing.cors import Cors
    from gateway.services.balancer import Backend
    from gateway.services.registry import Services
    from gateway.stats import Stats

REMEMBERED: Final = 1024
"""Request heads."""


class Gateway:
    """Everything the connections of one process share. Make it inside a running loop."""

    def __init__(
        self,
        services: Services,
        stats: Stats,
        limits: Limits,
        identity: Identity,
        cors: Cors,
        access_log: AccessLog,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.services = services
        self.stats = stats
        self.limits = limits
        self.identity = identity
        self.access_log = access_log
        self.planner = Planner(limits, identity, cors)
        self.ids = Ids(os.urandom)
        self.now = time.monotonic()
        """Monotonic time, as of the last tick: exact enough for deadlines."""
        self.deadlines = Deadlines(self.now)
        self.draining = False
        self.connections: set[ClientConnection] = set()
        self.unread: set[ClientConnection] = set()
        """Clients that are not read from, so that their end would go unnoticed."""
        self.pods: set[Backend] = set()
        """Those that may have connections of ours, so that no others are looked at."""
        self.connecting: set[asyncio.Task[None]] = set()
        """Attempts to reach a pod."""
        self.replies = Replies(limits, identity.via)
        self._kinds: dict[tuple[bytes, bool], tuple[Profile, Memory[bytes, Request]]] = {}
        self._addresses: Counter[str] = Counter()
        self._servers: list[asyncio.Server] = []
        self._timer: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._empty.set()
        self._turns = 0

    async def listen(
        self, sock: socket.socket, *, ssl: ssl_module.SSLContext | None = None
    ) -> None:
        """Accept clients on a bound socket."""
        server = await self.loop.create_server(
            lambda: ClientConnection(self),
            sock=sock,
            ssl=ssl,
            backlog=2048,
            ssl_handshake_timeout=self.limits.head_time or None if ssl else None,
        )
        self._servers.append(server)
        if self._timer is None:
            self._tick()

    def _trusts(self, address: str) -> bool:
        """Whether forwarded fields of this peer are believed."""
        if not self.identity.trusted:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.identity.trusted)

    def kind(self, scheme: bytes, address: str) -> tuple[Profile, Memory[bytes, Request]]:
        """What kind of connection this is, and the requests remembered for it, by their heads."""
        key = (scheme, self._trusts(address))
        if key not in self._kinds:
            self._kinds[key] = (Profile(*key), Memory(REMEMBERED))
        return self._kinds[key]

    def opened(self, client: ClientConnection) -> Refusal | None:
        """Register a connection; the answer says why it is one too many."""
        self.connections.add(client)
        self._empty.clear()
        self._addresses[client.address] += 1
        self.stats.connections += 1
        self.stats.connections_accepted += 1
        limits = self.limits
        reason = ""
        if 0 < limits.connections < len(self.connections):
            reason = "gateway_full"
        elif 0 < limits.connections_per_address < self._addresses[client.address]:
            reason = "too_many_connections"
        self.stats.connections_refused += bool(reason)
        return Refusal(reason) if reason else None

    def closed(self, client: ClientConnection) -> None:
        """Forget a connection."""
        self.connections.discard(client)
        self.unread.discard(client)
        self.deadlines.forget(client)
        self.stats.connections -= 1
        self._addresses[client.address] -= 1
        if not self._addresses[client.address]:
            del self._addresses[client.address]
        if not self.connections:
            self._empty.set()

    def refused_head(self, client: ClientConnection, refusal: Refusal) -> None:
        """Count a request that was refused before its head was complete."""
        self.stats.service(UNKNOWN).refused("OTHER", refusal.status, 0.0)

    def _tick(self) -> None:
        """Ten times a second: deadlines, clients that left, ejections, slow starts; once a second:
        idle pods."""
        now = self.now = time.monotonic()
        self._timer = self.loop.call_later(1 / TICKS, self._tick)
        for item in self.deadlines.turn(now):
            assert isinstance(item, ClientConnection)
            self._expire(item)
        for client in list(self.unread):
            client.look_for_end()
        self.services.refresh(now)
        self._turns += 1
        if self._turns % TICKS == 0:
            idle = self.limits.upstream_idle or inf
            for connection in pool.expired(self.pods, now - idle):
                connection.close()

    def _expire(self, client: ClientConnection) -> None:
        client.deadline = inf
        client.expired()
        if client.transport is not None and client.look == inf:
            self.deadlines.watch(client)

    def stop_accepting(self) -> None:
        """Close the listening sockets; connections stay."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    def drain(self) -> None:
        """Close idle connections now, and busy ones when their response is complete."""
        self.stop_accepting()
        self.draining = True
        for client in list(self.connections):
            if client.exchange is None and not client.held:
                client.close()

    @property
    def busy(self) -> int:
        """Requests in progress, tunnels not counted."""
        return sum(one.exchange is not None and not one.exchange.tunnel for one in self.connections)

    @property
    def tunnels(self) -> int:
        """Tunnels open."""
        return sum(one.exchange is not None and one.exchange.tunnel for one in self.connections)

    async def emptied(self) -> None:
        """Return when no client connection is left."""
        await self._empty.wait()

    async def close(self) -> None:
        """Cut everything that is left, and wait until the books are closed."""
        self.stop_accepting()
        for client in list(self.connections):
            client.abort()
        await self.emptied()
        for task in list(self.connecting):
            task.cancel()
        await asyncio.gather(*self.connecting, return_exceptions=True)
        for connection in pool.expired(self.pods, inf):
            connection.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
