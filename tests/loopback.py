"""Servers and ports of the tests on 127.0.0.1."""

from __future__ import annotations

import random
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from ssl import SSLContext


@asynccontextmanager
async def listening(
    app: web.Application, tls: SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """Serve `app` until the block ends; yields the port. Handlers end with their connections."""
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


_PORTS = iter(random.sample(range(20_000, 30_000), 10_000))
"""Below those that the kernel gives to whoever asks for any, so that nobody takes one before the
program that it was found for; and each once in a process."""


def free_port() -> int:
    """A port for a program that cannot be told to take any."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is left")
