"""Opening a connection to a pod: a stage with a named task, which the context keeps.

Made by a placement when its pod has no idle connection; ends in `connected` or `unreachable`.
"""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING, Final, Protocol

from gateway.dataplane import carriers, pool
from gateway.dataplane.upstream import UpstreamConnection
from gateway.http2.frames import ConnectionFaultError
from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from gateway.dataplane.context import Context
    from gateway.services.backend import Backend
    from gateway.services.route import Route

PATIENCE: Final = 1.5
"""Seconds for which the last pod that can be tried may refuse connections: its container has ended
and starts again, which the cluster has not told us yet."""
PAUSE: Final = 0.05
"""Seconds between two attempts meanwhile."""
GIVEN_UP: Final = 16
"""Idle connections to pods that are closed when the gateway has run out of what a new one needs."""

OWN: Final = frozenset(
    {
        errno.EMFILE,  # descriptors of this process
        errno.ENFILE,  # descriptors of the machine
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.EADDRNOTAVAIL,  # no local port is free
        errno.EADDRINUSE,
        errno.EAGAIN,  # nor is one in the range of local ports: connect(2)
        errno.EACCES,  # a rule of the gateway's own machine
        errno.EPERM,
        errno.EAFNOSUPPORT,  # a family of addresses that is switched off here
        errno.ENETDOWN,
    }
)
"""Errors that the gateway's own machine makes before anything has gone out to a pod. All others
are the pod's or of the way to it: refused, reset, unreachable, timed out; another pod may do."""


class Dialler(Protocol):
    """Whose request needs the connection."""

    @property
    def alone(self) -> bool:
        """There is no other pod to try than this one."""

    def connected(self, upstream: UpstreamConnection) -> None:
        """It is open."""

    def unreachable(self, refusal: Refusal) -> None:
        """No connection to this pod can be had."""

    def exhausted(self, refusal: Refusal) -> None:
        """The gateway itself has not what it takes to connect to any pod."""


class Dial:
    """One attempt to reach a pod of `route`."""

    __slots__ = ("_backend", "_context", "_owner", "_route", "_task")

    def __init__(self, owner: Dialler, context: Context, route: Route, backend: Backend) -> None:
        self._owner = owner
        self._context = context
        self._route = route
        self._backend = backend
        task = context.loop.create_task(self._open(), name=f"connect {backend.label}")
        self._task: asyncio.Task[None] | None = task
        context.connecting.add(task)
        task.add_done_callback(context.connecting.discard)

    def cancel(self) -> float:
        """Close what was opened; the owner hears no more. Nothing was waited for in a queue."""
        self._end()
        return 0.0

    def expired(self) -> None:
        """The pod did not accept in time."""
        self._end()
        seconds = self._route.spec.timeouts.connect
        self._owner.unreachable(Refusal("connect_timeout", seconds=seconds))

    def _end(self) -> None:
        """Cancel the task and let go of it: what ended it leads back here, in a circle."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    async def _open(self) -> None:
        context = self._context
        upstream = UpstreamConnection(self._backend, context.replies, context.limits.window)
        try:
            await self._dial(upstream)
        except OSError as error:
            self._failed(error)
            return
        except ConnectionFaultError as fault:
            self._owner.unreachable(Refusal("upstream_malformed", fault.detail))
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

    def _failed(self, error: OSError) -> None:
        if isinstance(error, TimeoutError) and error.errno is None:  # an attempt that is shared
            seconds = self._route.spec.timeouts.connect
            self._owner.unreachable(Refusal("connect_timeout", seconds=seconds))
            return
        detail = error.strerror or str(error)
        if error.errno in OWN:
            self._owner.exhausted(Refusal("gateway_exhausted", detail))
        else:
            self._owner.unreachable(Refusal("connect_failed", detail))

    async def _dial(self, upstream: UpstreamConnection) -> None:
        """Connect; a refusal is final only when another pod can be tried, or after a while.

        Nothing has been sent to the pod yet, so that any request may wait here. Pauses are counted
        rather than the time: what the gateway itself was held up by is not the pod's.
        """
        context = self._context
        pauses = int(min(PATIENCE, (self._route.spec.timeouts.connect or PATIENCE) / 2) / PAUSE)
        frugal = False
        while True:
            try:
                if context.descriptors.scarce():
                    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
                await self._connect(upstream)
            except ConnectionRefusedError:
                if not pauses or self._backend.leaving or not self._owner.alone:
                    raise
                pauses -= 1
                await asyncio.sleep(PAUSE)
            except OSError as error:
                if error.errno not in OWN or frugal or not self._give_up_idle():
                    raise
                frugal = True
                await asyncio.sleep(PAUSE)  # until the descriptors are free
            else:
                return

    async def _connect(self, upstream: UpstreamConnection) -> None:
        """One attempt; `upstream` is connected afterwards."""
        endpoint, spec = self._backend.endpoint, self._route.spec
        if spec.protocol == "http1":
            await self._context.loop.create_connection(
                lambda: upstream, endpoint.address, endpoint.port
            )
        else:
            carrier = await carriers.reach(self._context, self._backend, spec)
            upstream.reused = carrier.used
            carrier.carry(upstream)

    def _give_up_idle(self) -> bool:
        """Close connections that nobody uses, the oldest first; False when there are none."""
        surplus = pool.surplus(self._context.pods, GIVEN_UP)
        for connection in surplus:
            connection.abort()
        return bool(surplus)

    def __repr__(self) -> str:
        return f"<Dial {self._backend.label}>"
