"""A live copy of one collection of objects: list, watch, and say what changed."""

from __future__ import annotations

import asyncio
import logging
import random as _random
from contextlib import aclosing
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from shared.kube.errors import KubeError
from shared.kube.reflector import ListPage, Reflector, Watch
from shared.kube.remedy import remedy
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.kube.changes import Change, Key
    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

PAGE: Final = 200
"""Objects of a list that come at once. A page is parsed in one turn of the event loop: 3 ms for 200
EndpointSlices of four pods."""


class Informer:
    """Keeps `cache` equal to the collection; start `run()` as a supervised task.

    `synced` is set after the first complete list and stays so. `last_contact` (monotonic seconds,
    -inf before the first) tells how old the copy may be: it moves with each page, event and
    agreed end of a watch, that is, every `watch_seconds` at least while the server is there.
    `problem` says why the last request failed, until the next sign of life.

    `on_change` is called after the cache holds the change. If it raises, that is logged and the
    informer goes on: the cache is right, and one poisonous object must not blind the process to all
    others.

    `keep` says what of an object the cache is to keep: what nobody reads need not be in memory. It
    leaves name, namespace, uid and resourceVersion.

    However much comes at once, the event loop has turns in between (`Turns`): a list that comes
    again must not hold up whatever else this process does.
    """

    def __init__(
        self,
        kube: KubeClient,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        keep: Callable[[Obj], Obj] | None = None,
        on_change: Callable[[Change], None] | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
        watch_seconds: float = 240.0,
        page_size: int = PAGE,
    ) -> None:
        self._kube = kube
        self.resource = resource
        self.namespace = namespace
        self._labels = labels
        self._fields = fields
        self._on_change = on_change
        self._clock = clock or SystemClock()
        self._random = random
        self._watch_seconds = watch_seconds
        self._page_size = page_size
        self._reflector = Reflector(keep)
        self._turns = Turns(self._clock)
        self.cache: Mapping[Key, Obj] = MappingProxyType(self._reflector.cache)
        """(namespace, name) → what is kept of the object, never managedFields; read-only."""
        self.synced = asyncio.Event()
        self.failing = asyncio.Event()
        """Set while the last request failed; `problem` says why."""
        self.last_contact = float("-inf")
        self.failures = 0
        self.problem = ""

    async def run(self) -> None:
        """List and watch for ever; ends by cancellation only."""
        while True:
            try:
                delay = await self._step()
            except KubeError as error:
                delay = self._failed(error)
            if delay:
                await self._clock.sleep(delay)

    async def _step(self) -> float:
        match self._reflector.request:
            case ListPage(token):
                await self._list(token)
                return 0.0
            case Watch(resource_version):
                return await self._watch(resource_version)

    async def _list(self, token: str) -> None:
        page = await self._kube.page(
            self.resource,
            self.namespace,
            labels=self._labels,
            fields=self._fields,
            limit=self._page_size,
            continue_=token,
        )
        self._heard()
        await self._turns.rest()
        for change in self._reflector.listed(page):
            await self._tell(change)
        if isinstance(self._reflector.request, Watch):
            self.synced.set()

    async def _watch(self, resource_version: str) -> float:
        began, events = self._clock.monotonic(), 0
        stream = self._kube.watch(
            self.resource,
            self.namespace,
            resource_version=resource_version,
            labels=self._labels,
            fields=self._fields,
            timeout=self._watch_seconds * (0.75 + self._random() / 4),  # not all at one moment
        )
        async with aclosing(stream):
            async for event in stream:
                events += 1
                self._heard()
                await self._tell(self._reflector.event(event))
        self._heard()
        return self._reflector.ended(self.last_contact - began, events, self._random())

    def _heard(self) -> None:
        self.last_contact = self._clock.monotonic()
        self.problem = ""
        self.failing.clear()

    async def _tell(self, change: Change | None) -> None:
        if change is not None and self._on_change is not None:
            try:
                self._on_change(change)
            except Exception:
                metadata = change.object["metadata"]
                log.exception("%s %s: callback failed", self.resource.kind, metadata["name"])
        if self._turns.spent():
            await self._turns.rest()

    def _failed(self, error: KubeError) -> float:
        self.failures += 1
        request = self._reflector.request
        verb = "list" if isinstance(request, ListPage) else "watch"
        delay = self._reflector.failed(error, self._random())
        hint = remedy(error, verb, self.resource, self.namespace)
        self.problem = f"{error}; {hint}" if hint else str(error)
        self.failing.set()
        log.warning(
            "%s %s: %s; again in %.1f s%s",
            verb,
            self.resource.plural,
            error,
            delay,
            f"; {hint}" if hint else "",
        )
        return delay
