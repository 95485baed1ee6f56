"""Opening a connection to a pod: a stage with a named task, which the context keeps.

Made by a placement when its pod has no idle connection; ends in `connected` or `unreachable`.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final, Protocol

from gateway.dataplane.upstream import UpstreamConnection
from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from gateway.dataplane.context import Context
    from gateway.services.balancer import Backend
    from gateway.services.route import Route

PATIENCE: Final = 1.5
"""Seconds for which the only pod of a service may refuse connections: its container has ended and
starts again, which the cluster has not told us yet."""
PAUSE: Final = 0.05
"""Seconds between two attempts meanwhile."""


class Dialler(Protocol):
    """Whose request needs the connection."""

    def connected(self, upstream: UpstreamConnection) -> None:
        """It is open."""

    def unreachable(self, refusal: Refusal) -> None:
        """No connection to this pod can be had."""


class Dial:
    """One attempt to reach a pod of `route`."""

    __slots__ = ("_backend", "_context", "_owner", "_route", "_task")

    def __init__(self, owner: Dialler, context: Context, route: Route, backend: Backend) -> None:
        self._owner = owner
        self._context = context
        self._route = route
        self._backend = backend
        self._task = context.loop.create_task(self._open(), name=f"connect {backend.label}")
        context.connecting.add(self._task)
        self._task.add_done_callback(context.connecting.discard)

    def cancel(self) -> float:
        """Close what was opened; the owner hears no more. Nothing was waited for in a queue."""
        self._task.cancel()
        return 0.0

    def expired(self) -> None:
        """The pod did not accept in time."""
        self._task.cancel()
        seconds = self._route.spec.timeouts.connect
        self._owner.unreachable(Refusal("connect_timeout", seconds=seconds))

    async def _open(self) -> None:
        context = self._context
        upstream = UpstreamConnection(self._backend, context.replies, context.limits.window)
        try:
            await self._dial(upstream)
        except OSError as error:
            detail = os.strerror(error.errno) if error.errno else str(error)
            self._owner.unreachable(Refusal("connect_failed", detail))
            return
        except asyncio.CancelledError:
            upstream.abort()
            raise
        if upstream.transport is not None and not upstream.transport.is_closing():
            context.pods.add(self._backend)
            self._owner.connected(upstream)
        elif upstream.unasked:
            self._owner.unreachable(Refusal("upstream_malformed", upstream.unasked))
        else:
            self._owner.unreachable(Refusal("connect_failed", "closed at once"))

    async def _dial(self, upstream: UpstreamConnection) -> None:
        """Connect; a refusal is final only when another pod can be tried, or after a while.

        Nothing has been sent to the pod yet, so that any request may wait here.
        """
        loop = self._context.loop
        route = self._route
        end = loop.time() + min(PATIENCE, (route.spec.timeouts.connect or PATIENCE) / 2)
        endpoint = self._backend.endpoint
        while True:
            try:
                await loop.create_connection(lambda: upstream, endpoint.address, endpoint.port)
            except ConnectionRefusedError:
                if len(route.state.balancer.candidates) > 1 or loop.time() >= end:
                    raise
                await asyncio.sleep(PAUSE)
            else:
                return

    def __repr__(self) -> str:
        return f"<Dial {self._backend.label}>"
