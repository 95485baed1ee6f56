"""NodePort Services: a TCP forwarder on 127.0.0.1 for each node port, as kube-proxy gives.

Each connection goes to the next ready endpoint in turn; when none is ready, to one that still
serves while it terminates; when there is none, it is closed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from typing import TYPE_CHECKING, Final

from shared.embedded.controllers.cache import SERVICE_NAME, key_of
from shared.embedded.kinds import ENDPOINT_SLICE, SERVICE
from shared.runtime.tasks import lasting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shared.embedded.api.operations import Change
    from shared.embedded.controllers.cache import Cache
    from shared.embedded.controllers.events import Events
    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

CHUNK: Final = 65536
CONNECT: Final = 5.0  # seconds
RETRY: Final = 5.0  # seconds until a port that could not be had is tried again
CONNECTIONS: Final = 1024  # per node port; beyond it a new one is closed at once

Target = tuple[str, str, str]
"""(namespace, Service name, name of its port)"""


def wanted(services: Iterable[Obj]) -> dict[int, Target]:
    """Node port → what it leads to, of every Service that has TCP node ports."""
    found: dict[int, Target] = {}
    for service in services:
        if service["spec"].get("type") in ("NodePort", "LoadBalancer"):
            for port in service["spec"].get("ports") or ():
                if port.get("nodePort") and port.get("protocol", "TCP") == "TCP":
                    found[port["nodePort"]] = (*key_of(service), port.get("name", ""))
    return found


def backends(slices: Sequence[Obj], port: str) -> list[tuple[str, int]]:
    """(address, port) of the ready endpoints, else of those that serve while terminating."""
    ready, serving = [], []
    for each in slices:
        numbers = [p["port"] for p in each.get("ports") or () if p.get("name", "") == port]
        for endpoint in each.get("endpoints") or ():
            targets = [(address, n) for address in endpoint["addresses"] for n in numbers]
            if endpoint["conditions"].get("ready"):
                ready += targets
            elif endpoint["conditions"].get("serving"):
                serving += targets
    return ready or serving


class NodePorts:
    """Listens on the node ports of all Services."""

    def __init__(self, cache: Cache, clock: Clock, events: Events) -> None:
        self._cache = cache
        self._clock = clock
        self._events = events
        self._servers: dict[int, asyncio.Server] = {}
        self._changed = asyncio.Event()
        self._changed.set()
        self._turn = itertools.count()
        self._open: dict[int, int] = {}

    def apply(self, change: Change) -> None:
        """Take note of a change of a Service."""
        if change.kind is SERVICE:
            self._changed.set()

    def start(self, tasks: Supervisor) -> None:
        """Run as a task of `tasks`."""
        tasks.start("node/ports", lasting("node/ports", self.run, self._clock, RETRY))

    async def run(self) -> None:
        """Keep the listening sockets what the Services say."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                if not await self._reconcile():
                    await self._clock.sleep(RETRY)
                    self._changed.set()
        finally:
            for port in list(self._servers):
                self._close(port)

    async def _reconcile(self) -> bool:
        targets = wanted(self._cache.all(SERVICE).values())
        for port in self._servers.keys() - targets.keys():
            self._close(port)
        results = [await self._listen(port, targets[port]) for port in targets]
        return all(results)

    async def _listen(self, port: int, target: Target) -> bool:
        if port in self._servers:
            return True
        try:
            self._servers[port] = await asyncio.start_server(
                lambda reader, writer: self._serve(port, reader, writer),
                "127.0.0.1",
                port,
                limit=CHUNK,
            )
        except OSError as error:
            service = self._cache.get(SERVICE, target[:2])
            if service is not None:
                message = f"cannot listen on 127.0.0.1:{port}: {error.strerror}; free the port"
                self._events.warning(service, "PortAllocationFailed", message)
            return False
        return True

    def _close(self, port: int) -> None:
        self._servers.pop(port).close()

    async def _serve(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        target = wanted(self._cache.all(SERVICE).values()).get(port)
        self._open[port] = self._open.get(port, 0) + 1
        try:
            if target is not None and self._open[port] <= CONNECTIONS:
                await self._forward(target, reader, writer)
        except OSError as error:
            log.debug("node port %d: %s", port, error)
        finally:
            self._open[port] -= 1
            writer.close()

    async def _forward(
        self, target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        namespace, name, port = target
        slices = self._cache.labelled(ENDPOINT_SLICE, namespace, {SERVICE_NAME: name})
        choices = backends(slices, port)
        for _ in range(min(3, len(choices))):
            address = choices[next(self._turn) % len(choices)]
            try:
                async with asyncio.timeout(CONNECT):
                    upstream_reader, upstream = await asyncio.open_connection(*address, limit=CHUNK)
            except (OSError, TimeoutError):
                continue
            try:
                await asyncio.gather(_pipe(reader, upstream), _pipe(upstream_reader, writer))
            finally:
                upstream.close()
            return


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy to the end, no faster than the receiver takes it; pass on the half-close."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
