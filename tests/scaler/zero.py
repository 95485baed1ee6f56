"""A scaler before an embedded cluster and gateways that tell what a test wants.

The gateways are the other end: they answer `/load` and `/wakes` as `gateway/admin` does.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
from aiohttp import web

from scaler.commands.run import Process, _assembled
from scaler.config import settings as environment
from shared.kube.client import KubeClient
from shared.runtime.tasks import Supervisor
from shared.service import names
from shared.service.objects import annotations_of
from tests.loopback import listening
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.scaler.embedded import Embedded


@dataclass
class Gateway:
    """What it tells of each service; `up_s` None is that of an older version."""

    up_s: float | None = 1e6
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    silent: bool = False
    """Answers nothing any more, and ends its streams."""
    streams: bool = True
    """False: it has no `/wakes`, as older versions."""
    held: set[str] = field(default_factory=set)
    told: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What the scaler has sent, by the kind of message."""
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def progress(self) -> list[dict[str, Any]]:
        return self.told.setdefault("progress", [])

    async def hold(self, service: str) -> None:
        """A request for `service` is held from now on; a stream that begins tells of it first."""
        self.held.add(service)
        for socket in list(self.sockets):
            with suppress(ConnectionError):  # it was left just now
                await socket.send_str(_wake(service))

    async def free(self, service: str) -> None:
        self.held.discard(service)

    def busy(self, service: str, **numbers: Any) -> None:
        """It tells these numbers of `service`."""
        self.services[service] = numbers

    def phases(self, service: str) -> list[str]:
        """What was told of the start of `service`, each once."""
        told = [each["phase"] for each in self.progress if each["service"] == service]
        return [phase for phase, before in zip(told, ["", *told], strict=False) if phase != before]

    def _load(self) -> dict[str, Any]:
        own = {} if self.up_s is None else {"_gateway": _ZEROS | {"up_s": self.up_s}}
        held = {name: {"waiting": 1, "open": 1} for name in self.held}
        named = {**self.services, **{n: self.services.get(n, {}) | h for n, h in held.items()}}
        return own | {name: _ZEROS | {"open": 0, "idle_s": 0.0} | n for name, n in named.items()}

    async def load(self, request: web.Request) -> web.StreamResponse:
        if self.silent:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(self._load())

    async def wakes(self, request: web.Request) -> web.StreamResponse:
        if self.silent or not self.streams:
            raise web.HTTPNotFound
        socket = web.WebSocketResponse(heartbeat=5.0)
        await socket.prepare(request)
        self.sockets.add(socket)
        try:
            for service in list(self.held):
                await socket.send_str(_wake(service))
            async for message in socket:
                for kind, told in orjson.loads(message.data).items():
                    self.told.setdefault(kind, []).append(told)
        finally:
            self.sockets.discard(socket)
        return socket

    async def hang_up(self) -> None:
        """End all streams; they are begun anew."""
        for socket in list(self.sockets):
            await socket.close()


_ZEROS = {"in_flight": 0, "waiting": 0}


def _wake(service: str) -> str:
    body = {"service": service, "at": time.time(), "cause": "request"}
    return orjson.dumps({"wake": body}).decode()


@asynccontextmanager
async def gateway(**told: Any) -> AsyncIterator[Gateway]:
    """A gateway on a free port."""
    made = Gateway(**told)
    app = web.Application()
    app.router.add_get("/load", made.load)
    app.router.add_get("/wakes", made.wakes)
    async with listening(app) as made.port:
        yield made


@asynccontextmanager
async def scaling(
    cluster: Embedded, *gateways: Gateway, port: int = 0, config: str = "", identity: str = "one"
) -> AsyncIterator[Process]:
    """A scaler in this process, wired as `run` wires it, that leads and asks `gateways`."""
    path = cluster.folder / "config.yaml"
    path.write_text(config or "defaults: {period: 1s}\n")
    settings = environment.read(
        {
            "SCALER_CONFIG": str(path),
            "SCALER_GATEWAYS": ",".join(each.url for each in gateways),
            "SCALER_IDENTITY": identity,
        }
    )
    async with AsyncExitStack() as stack:
        kube = await stack.enter_async_context(
            KubeClient.open(field_manager="scaler", kubeconfig=cluster.kubeconfig(port))
        )
        session = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1.0))
        )
        around = await stack.enter_async_context(Supervisor())
        inside = await stack.enter_async_context(Supervisor())
        process = _assembled(settings, kube, session, inside)
        process.start(around, inside)
        yield process


def asleep(cluster: Embedded, name: str = "a") -> bool:
    """Whether the cluster says that it sleeps."""
    found = cluster.deployment(name)
    return not found["spec"]["replicas"] and names.ASLEEP_SINCE in annotations_of(found)


async def sleeps(cluster: Embedded, name: str = "a") -> None:
    """Wait until it does."""
    await until(lambda: asleep(cluster, name), f"the sleep of {name}")


async def awake(cluster: Embedded, name: str = "a", replicas: int = 1) -> None:
    """Wait until it has so many replicas, and is not marked as asleep any more."""

    def done() -> bool:
        found = cluster.deployment(name)
        marked = names.ASLEEP_SINCE in annotations_of(found)
        return bool(found["spec"]["replicas"] == replicas) and not marked

    await until(done, f"{replicas} replicas of {name}")


async def passed(seconds: float) -> None:
    """That nothing happens shows only by time going by."""
    await asyncio.sleep(seconds)
