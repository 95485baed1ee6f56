"""The gateway towards its clients: it listens, ticks, and drains.

`process` makes one for each process; what its connections share is the `Context`.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from math import inf
from typing import TYPE_CHECKING, cast

from gateway.dataplane import pool, straight
from gateway.dataplane.accepting import PlainListener, attend
from gateway.dataplane.client import ClientConnection
from gateway.dataplane.connections import Connections
from gateway.dataplane.context import LAST_CALL, Context
from gateway.dataplane.handshake import TlsListener
from gateway.dataplane.multiplexed import multiplex
from gateway.dataplane.probing import Prober
from gateway.net.deadlines import TICKS, counted
from gateway.net.descriptors import Descriptors, present
from gateway.net.sockets import keep_alive
from gateway.protocol.responses import date_line

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from ssl import SSLContext

    from gateway.access_log import AccessLog
    from gateway.dataplane.connections import Connection, Multiplexed
    from gateway.dataplane.traced import Tracer
    from gateway.limits import Identity, Limits
    from gateway.routing.cors import Cors
    from gateway.services.registry import Services
    from gateway.stats import Stats


class Gateway:
    """One gateway process towards its clients: listens, ticks, drains."""

    def __init__(
        self,
        services: Services,
        stats: Stats,
        limits: Limits,
        identity: Identity,
        cors: Cors,
        access_log: AccessLog,
        descriptors: Descriptors | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """`descriptors`: none, if they are those that the process has anyway; `tracer`: none, if no
        request is recorded."""
        context = self.context = Context(
            services,
            stats,
            limits,
            identity,
            cors,
            access_log,
            descriptors or Descriptors(present()),
        )
        if tracer is not None:
            tracer.attach(context)
        self.connections = Connections(context, straight.begin if tracer is None else tracer.begin)
        if limits.http2:
            self.connections.multiplex = partial(multiplex, self.connections)
        self._prober = Prober(context)
        services.wakes.on_wanted = self._prober.begin
        self._listener: PlainListener | TlsListener | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ticked = context.now
        self._turns = 0

    async def listen(
        self, sock: socket.socket, *, secured: Callable[[], SSLContext] | None = None
    ) -> None:
        """Accept clients on a bound socket; `secured` is the context of the next handshake."""
        keep_alive(sock)
        if secured is None:
            self._listener = PlainListener(sock, lambda: ClientConnection(self.connections))
        else:
            self._listener = TlsListener(sock, self.connections, secured)
        await self._listener.open()
        if self._timer is None:
            self._tick()

    async def attend(self) -> None:
        """Accept nobody whenever descriptors are short; for ever."""
        assert self._listener is not None
        await attend(self._listener, self.context)

    @property
    def listening(self) -> bool:
        """Whether clients can connect."""
        return self._listener is not None

    def _tick(self) -> None:
        """Ten times a second: deadlines, clients that left, ejections, slow starts; once a second:
        idle pods, services that are wanted."""
        context = self.context
        self._timer = context.loop.call_later(1 / TICKS, self._tick)
        now = time.monotonic()
        context.now += counted(now - self._ticked)
        context.date = date_line(time.time())
        self._ticked = now
        for item in context.deadlines.turn(context.now):
            if item.deadline <= context.now:  # still: the end of another may just have given a slot
                self._expire(cast("Connection | Multiplexed", item))
        for client in list(self.connections.unread):
            client.look_for_end()
        self.connections.sending.turn(context.now)
        context.services.refresh(now)
        self._turns += 1
        if self._turns % TICKS == 0:
            idle = context.limits.upstream_idle or inf
            for connection in pool.expired(context.pods, now - idle):
                connection.close()
            context.services.wakes.refresh()
            if context.services.withdrawn:
                self._withdraw(now)

    def _withdraw(self, now: float) -> None:
        """End what has outlived what let it in for too long."""
        withdrawn = self.context.services.withdrawn
        due = {grant for grant in withdrawn if grant.ends <= now}
        left = set()
        for client in list(self.connections.open) if due else ():
            handler = client.exchange
            if handler is not None and handler.route.grant in due:
                left.add(handler.route.grant)
                handler.withdrawn()
        withdrawn -= due - left

    def _expire(self, client: Connection | Multiplexed) -> None:
        client.deadline = inf
        client.expired()
        if client.transport is not None and client.look == inf:
            self.context.deadlines.watch(client)

    def stop_accepting(self) -> None:
        """Close the listening socket; connections stay."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def leave(self) -> None:
        """Let each answer be the last on its connection: its client looks for another gateway."""
        self.context.leaving = True
        for connection in list(self.connections.multiplexed):
            connection.leave()

    def drain(self) -> None:
        """Close idle connections soon, and busy ones when their response is complete.

        A client that was not told so may be sending its next request just now, above all one whose
        long answer has just ended: it has a moment to, and that answer is the last.
        """
        self.stop_accepting()
        self.context.leaving = self.context.draining = True
        for client in list(self.connections.open):
            if client.exchange is None and not client.held:
                client.within(LAST_CALL)
        for connection in list(self.connections.multiplexed):
            connection.finish()

    def cut_requests(self) -> None:
        """Send away those who wait, so that no pod gets another request, and cut the others."""
        self.context.services.dismiss("shutting_down")
        for client in list(self.connections.open):
            if client.exchange is not None and not client.exchange.is_tunnel:
                client.exchange.shut_down()

    async def close(self) -> None:
        """Cut everything that is left, and wait until the books are closed."""
        self.stop_accepting()
        handshakes = list(self.context.handshakes)
        for handshake in handshakes:
            handshake.cancel()
        await asyncio.gather(*handshakes, return_exceptions=True)
        self.cut_requests()
        for client in list(self.connections.open):
            if client.exchange is not None:
                client.exchange.shut_down()
            client.abort()
        for multiplexed in list(self.connections.multiplexed):
            multiplexed.abort()
        await self.connections.emptied()
        self._prober.close()
        for task in list(self.context.connecting):
            task.cancel()
        await asyncio.gather(*self.context.connecting, return_exceptions=True)
        for connection in pool.expired(self.context.pods, inf):
            connection.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
