"""Opening a connection to a pod: a named task for each attempt, owned by the gateway."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

from gateway.dataplane.upstream import UpstreamConnection

if TYPE_CHECKING:
    from gateway.dataplane.exchange import Exchange
    from gateway.services.balancer import Backend

PATIENCE: Final = 1.5
"""Seconds for which the only pod of a service may refuse connections: its container has ended and
starts again, which the cluster has not told us yet."""
PAUSE: Final = 0.05


def connect(exchange: Exchange, backend: Backend) -> None:
    """Begin to connect; ends in `exchange.connected` or `exchange.connect_failed`.

    Cancelling `exchange.connecting` ends it in neither, and closes what was opened.
    """
    context = exchange.client.context
    task = context.loop.create_task(_open(exchange, backend), name=f"connect {backend.label}")
    exchange.connecting = task
    context.connecting.add(task)
    task.add_done_callback(context.connecting.discard)


async def _open(exchange: Exchange, backend: Backend) -> None:
    context = exchange.client.context
    upstream = UpstreamConnection(backend, context.replies, context.limits.window)
    try:
        await _dial(exchange, backend, upstream)
    except OSError as error:
        exchange.connect_failed(os.strerror(error.errno) if error.errno else str(error))
        return
    except asyncio.CancelledError:
        upstream.abort()
        raise
    if upstream.transport is not None and not upstream.transport.is_closing():
        context.pods.add(backend)
        exchange.connected(upstream)
    else:
        exchange.connect_failed("closed at once")


async def _dial(exchange: Exchange, backend: Backend, upstream: UpstreamConnection) -> None:
    """Connect `upstream`; a refusal is final only when another pod can be tried, or after a while.

    Nothing has been sent to the pod yet, so that any request may wait here.
    """
    loop = exchange.client.context.loop
    route = exchange.route
    end = loop.time() + min(PATIENCE, (route.spec.timeouts.connect or PATIENCE) / 2)
    endpoint = backend.endpoint
    while True:
        try:
            await loop.create_connection(lambda: upstream, endpoint.address, endpoint.port)
        except ConnectionRefusedError:
            if len(route.state.balancer.candidates) > 1 or loop.time() >= end:
                raise
            await asyncio.sleep(PAUSE)
        else:
            return
