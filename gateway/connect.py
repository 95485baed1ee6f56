"""Opening a connection to a pod: a named task for each attempt, owned by the gateway."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from gateway.upstream import UpstreamConnection

if TYPE_CHECKING:
    from gateway.balancer import Backend
    from gateway.exchange import Exchange


def connect(exchange: Exchange, backend: Backend) -> None:
    """Begin to connect; ends in `exchange.connected` or `exchange.connect_failed`.

    Cancelling `exchange.connecting` ends it in neither, and closes what was opened.
    """
    gateway = exchange.client.gateway
    task = gateway.loop.create_task(_open(exchange, backend), name=f"connect {backend.label}")
    exchange.connecting = task
    gateway.connecting.add(task)
    task.add_done_callback(gateway.connecting.discard)


async def _open(exchange: Exchange, backend: Backend) -> None:
    gateway = exchange.client.gateway
    upstream = UpstreamConnection(backend, gateway.replies, gateway.limits.window)
    endpoint = backend.endpoint
    try:
        await gateway.loop.create_connection(lambda: upstream, endpoint.address, endpoint.port)
    except OSError as error:
        exchange.connect_failed(os.strerror(error.errno) if error.errno else str(error))
        return
    except asyncio.CancelledError:
        upstream.abort()
        raise
    if upstream.transport is not None and not upstream.transport.is_closing():
        gateway.pods.add(backend)
        exchange.connected(upstream)
    else:
        exchange.connect_failed("closed at once")
