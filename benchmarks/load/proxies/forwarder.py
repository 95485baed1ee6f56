"""Bytes passed on unread, in Python: the floor of what a proxy in it can cost.

`python -m benchmarks.load.proxies.forwarder PORT POD…`; each client's connection has one of its own
to a pod. Nothing is checked, routed, added or counted; the application strips the prefix.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import Any

import uvloop


class _End(asyncio.Protocol):
    """One of the two ends; each pauses the other."""

    def __init__(self) -> None:
        self.other: Any = None
        self.transport: Any = None

    def data_received(self, data: bytes) -> None:
        self.other.write(data)

    def pause_writing(self) -> None:
        self.other.pause_reading()

    def resume_writing(self) -> None:
        self.other.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        if self.other is not None:
            self.other.close()


class _Pod(_End):
    def __init__(self, client: Any) -> None:
        super().__init__()
        self.other = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport


class _Client(_End):
    """What it sends before its pod is reached is kept: a head, for it waits for the answer."""

    def __init__(self, pods: itertools.cycle[tuple[str, int]]) -> None:
        super().__init__()
        self._pods = pods
        self._early = b""
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._connecting = asyncio.create_task(self._connect(), name="connect to a pod")

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self._early += data
        else:
            self.other.write(data)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self.other, _ = await loop.create_connection(
                lambda: _Pod(self.transport), *next(self._pods)
            )
        except OSError:
            self.transport.close()
        else:
            self.other.write(self._early)


async def serve(port: int, pods: list[str]) -> None:
    places = ((host, int(number)) for host, _, number in (pod.rpartition(":") for pod in pods))
    cycle = itertools.cycle(list(places))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Client(cycle), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


def command(python: str, port: int, pods: list[str]) -> list[str]:
    """How it is started."""
    return [python, "-m", "benchmarks.load.proxies.forwarder", str(port), *pods]


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2:]))
