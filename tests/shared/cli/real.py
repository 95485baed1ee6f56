"""The services API itself for the command line: over HTTP, before an API server with controllers
and a node whose pods are ready at once."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from gateway.management.access.credentials import Credentials
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.embedded import kinds
from shared.embedded.controllers.manager import Controllers
from shared.embedded.node.hollow import HollowNode
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor
from tests.gateway.management.cluster import NS, Cluster, running

T = TypeVar("T")


class RealApi:
    """A thread that serves until `close`; `within` runs a function beside the cluster's own."""

    url: str
    cluster: Cluster
    _node: HollowNode

    def __init__(self, folder: Path) -> None:
        self.calls: list[str] = []
        """Methods and paths, as they came."""
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._ready, self._ended = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(60)

    def within(self, call: Callable[[], T]) -> T:
        async def work() -> T:
            return call()

        return self.wait_for(work())

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def names(self) -> list[str]:
        """The services there are."""
        return self.within(lambda: self.cluster.names(kinds.CONFIG_MAP))

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Pods that are made inside the block do not start."""
        self.within(self._node.close)
        yield
        self._node = self.within(lambda: HollowNode(self.cluster.api, SystemClock()))

    def secret(self, name: str) -> dict[str, str]:
        """The values of a Secret."""
        data = self.within(lambda: self.cluster.api.get(kinds.SECRET, name, NS))["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def take(self, name: str) -> None:
        """Make a ConfigMap called `name` that is no service's."""
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        self.within(lambda: self.cluster.api.create(kinds.CONFIG_MAP, body, NS, manager="test"))

    def clear(self) -> None:
        """As at the beginning."""
        for name in self.names():
            self.within(lambda name=name: self.cluster.api.delete(kinds.CONFIG_MAP, name, NS))  # type: ignore[misc]
        self.calls.clear()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(60)
        self._loop.close()

    async def _serve(self) -> None:
        async with running(self._folder) as self.cluster, Supervisor() as tasks:
            self._node = HollowNode(self.cluster.api, SystemClock())
            Controllers(self.cluster.api, SystemClock()).start(tasks)
            admin = Credentials("oscar", "secret")
            app = application(self.cluster.kube, Lifecycle(self.cluster.kube), admin, SystemClock())
            app.middlewares.insert(0, self._noted)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._ready.set()
            await self._ended.wait()
            await runner.cleanup()

    @web.middleware
    async def _noted(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path}")
        response: web.StreamResponse = await handler(request)
        return response
