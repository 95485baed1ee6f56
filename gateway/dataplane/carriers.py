"""Connections to pods that speak HTTP/2: opened once for all who wait, and shared by them.

Where an attempt is under way, others wait for it; where all streams that a pod allows are in use,
another connection is opened.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from gateway.dataplane.upstream import UpstreamConnection
from gateway.http2.frames import REFUSED_STREAM, ConnectionFaultError
from gateway.http2.pod_connection import PodHttp2
from gateway.http2.pod_head import Heads

if TYPE_CHECKING:
    from gateway.dataplane.context import Context
    from gateway.services.backend import Backend
    from gateway.services.spec import ServiceSpec

LONGEST: Final = 60.0
"""Seconds for an attempt where no time-out of the service bounds it."""


async def reach(context: Context, backend: Backend, spec: ServiceSpec) -> PodHttp2:
    """A connection to the pod that takes another exchange.

    Raises OSError, or ConnectionFaultError for a pod that does not speak HTTP/2. Who is cancelled
    leaves the attempt to the others.
    """
    while True:
        for connection in backend.shared:
            if connection.free:
                found: PodHttp2 = connection
                return found
        if backend.opening is None:
            backend.opening = _begin(context, backend, spec)
        await asyncio.shield(backend.opening)


def _begin(context: Context, backend: Backend, spec: ServiceSpec) -> asyncio.Task[None]:
    task = context.loop.create_task(
        _open(context, backend, spec), name=f"connect {backend.label} by HTTP/2"
    )
    context.connecting.add(task)

    def ended(done: asyncio.Task[None]) -> None:
        context.connecting.discard(done)
        backend.opening = None
        if not done.cancelled():
            done.exception()  # is told to those who wait, if somebody still does

    task.add_done_callback(ended)
    return task


async def _open(context: Context, backend: Backend, spec: ServiceSpec) -> None:
    """Connect, and wait until the pod has proved what it speaks."""
    limits, endpoint = context.limits, backend.endpoint

    def serving() -> UpstreamConnection:
        upstream = UpstreamConnection(backend, context.replies, limits.window)
        upstream.reused = True
        return upstream

    connection = PodHttp2(
        backend.shared,
        serving,
        Heads(context.pod_heads, limits.head),
        limits.window,
        grpc=spec.protocol == "grpc",
    )
    try:
        async with asyncio.timeout(spec.timeouts.connect or LONGEST):
            await context.loop.create_connection(
                lambda: connection, endpoint.address, endpoint.port
            )
            await connection.ready
        if not connection.free:
            raise ConnectionFaultError(REFUSED_STREAM, "the pod takes no streams")
    except BaseException:
        connection.abort()
        raise
    backend.shared.append(connection)
    context.pods.add(backend)
