"""Asks pods that start whether they are ready, where somebody waits for one: sooner than the node
does, whose word has to pass through the API server besides.

Asked is what the node asks: whether it listens, of a pod that does not speak HTTP/1.1, and else the
path of the readiness probe. There only a 2xx counts: the node follows redirects, and where one
leads is not looked into here. What the node says later stands
(`Balancer.trust`). Knative's activator probes pods in the same way.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.dataplane.context import Context
    from gateway.services.backend import Backend
    from gateway.services.spec import Endpoint, ServiceSpec

PERIOD: Final = 0.05
"""Seconds between two questions to one pod."""
PATIENCE: Final = 1.0
"""Seconds that a pod has to answer one."""
PODS: Final = 4
"""Pods of one service that are asked at a time."""
MOST: Final = 64
"""Questions under way, of all services."""

REST: Final = 0.2
"""Seconds that the rest of an answer has to come."""

_GOOD: Final = re.compile(rb"HTTP/1\.[01] 2\d\d[ \r]")


class Prober:
    """Asks for as long as services are wanted."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asked: set[Backend] = set()
        """Pods that have a question to answer."""
        self._timer: asyncio.Handle | None = None

    def begin(self) -> None:
        """A service is wanted: ask its pods, now and until one is ready."""
        if self._timer is None:
            self._timer = self._context.loop.call_soon(self._turn)

    def close(self) -> None:
        """Ask no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self) -> None:
        services = self._context.services
        wanted, now = services.wakes.wanted(), services.monotonic()
        self._timer = self._context.loop.call_later(PERIOD, self._turn) if wanted else None
        for state in wanted:
            route = services.table.find(state.name)
            waits = state.waiting or state.lookers(now)
            if route is None or not waits or state.balancer.candidates:
                continue
            for backend in state.balancer.starting()[:PODS]:
                self._ask(route.spec, backend)

    def _ask(self, spec: ServiceSpec, backend: Backend) -> None:
        context = self._context
        if backend in self._asked or len(self._asked) >= MOST or context.descriptors.scarce():
            return
        self._asked.add(backend)
        task = context.loop.create_task(self._probe(spec, backend), name=f"probe {backend.label}")
        context.connecting.add(task)
        task.add_done_callback(context.connecting.discard)

    async def _probe(self, spec: ServiceSpec, backend: Backend) -> None:
        def ready() -> None:
            services = self._context.services
            route = services.table.find(spec.name)
            if route is not None:
                services.trust(route.state, backend)

        try:
            if spec.protocol == "http1":
                await ask(backend.endpoint, spec.probe_path, ready)
            else:
                await knock(backend.endpoint, ready)
        finally:
            self._asked.discard(backend)


async def ask(endpoint: Endpoint, path: str, ready: Callable[[], None]) -> None:
    """Call `ready` as soon as the pod answers GET `path` by 2xx, if it does so in PATIENCE."""
    authority = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    question = (
        f"GET {path} HTTP/1.1\r\nHost: {authority}:{endpoint.port}\r\n"
        "User-Agent: oscar-gateway/probe\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(endpoint.address, endpoint.port)
            try:
                writer.write(question.encode("latin-1"))
                if _GOOD.match(await reader.readuntil(b"\r\n")) is not None:
                    ready()
                await _read_away(reader)
            finally:
                writer.transport.abort()


async def knock(endpoint: Endpoint, ready: Callable[[], None]) -> None:
    """Call `ready` if the pod accepts a connection in PATIENCE."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(endpoint.address, endpoint.port)
        writer.transport.abort()
        ready()


async def _read_away(reader: asyncio.StreamReader) -> None:
    """Applications complain of who closes before he has read their answer."""
    async with asyncio.timeout(REST):
        while await reader.read(64 * 1024):
            pass
