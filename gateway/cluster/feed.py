"""Keeps the registry of services in step with the cluster: definitions and endpoints.

Two informers mark services as changed; what is marked is read once, in the loop's next turn, so
that a listing of ten thousand objects swaps the table some twenty times and not ten thousand. What
cannot be read keeps the service as it was. While the API server is away the last table serves; one
that was restored from a file is stale until both first listings are there, and is replaced at once.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from gateway.cluster.definitions import Definitions
from gateway.cluster.endpoint_slices import SERVICE_NAME, endpoints, service_of
from gateway.cluster.holders import Holders
from shared.kube.changes import key_of
from shared.kube.informer import Informer
from shared.kube.resources import CONFIGMAPS, ENDPOINTSLICES
from shared.runtime.tasks import first_of
from shared.service.names import SERVICE_LABEL
from shared.service.oscar import as_ours
from shared.service.stored import StoredError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.cluster.saved_table import Entry
    from gateway.services.registry import Services
    from gateway.services.spec import Endpoint, ServiceSpec
    from shared.kube.changes import Change, Key
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor
    from shared.service.spaces import Spaces

log = logging.getLogger(__name__)


class Feed:
    """Keeps `services` equal to what the namespaces `spaces` of the cluster hold."""

    def __init__(self, kube: KubeClient, services: Services, spaces: Spaces, clock: Clock) -> None:
        self.invalid: dict[str, str] = {}
        """Service → why its present definition was not taken; `<namespace>/<service>` → that the
        service of that name is another."""
        self.synced = asyncio.Event()
        """Set once the first listings are in the table."""
        self.stale = False
        """The table is one that was restored."""
        self.changes = 0
        """How often the table was changed."""
        self._located: dict[str, tuple[Endpoint, ...]] = {}
        self._restored: set[str] = set()
        self._confirmed = 0.0
        """When a stale table was right, unix time."""
        self._services = services
        self._clock = clock
        self._definitions = Definitions()
        self._holders = Holders()
        self._others: dict[str, list[str]] = {}
        """Service → the namespaces whose service of that name is not served."""
        self._slices: dict[str, dict[Key, dict[str, Any]]] = {}
        self._slice_owner: dict[Key, str] = {}
        self._defined: set[str] = set()
        self._moved: set[str] = set()
        self._pending = False
        self._configmaps = Informer(
            kube,
            CONFIGMAPS,
            spaces.watched,
            labels=SERVICE_LABEL,
            keep=as_ours,  # no token stays in memory
            on_change=self._definition_changed,
            clock=clock,
        )
        self._endpointslices = Informer(
            kube,
            ENDPOINTSLICES,
            spaces.watched,
            labels=SERVICE_NAME,
            on_change=self._slice_changed,
            clock=clock,
        )
        self._spaces = spaces

    def start(self, tasks: Supervisor) -> None:
        """Watch the cluster for ever, in tasks of `tasks`."""
        tasks.start("watch ConfigMaps", self._configmaps.run())
        tasks.start("watch EndpointSlices", self._endpointslices.run())
        tasks.start("first listing", self._first_listing())

    def age(self) -> float:
        """Seconds since the API server last confirmed the table; infinite before the first time.

        A healthy server is heard at least every four minutes, when a watch ends.
        """
        if self.stale:
            return max(self._clock.now() - self._confirmed, 0.0)
        heard = min(self._configmaps.last_contact, self._endpointslices.last_contact)
        return self._clock.monotonic() - heard

    async def unreachable(self) -> None:
        """Return when the API server has refused or failed a request."""
        failing = self._configmaps.failing.wait(), self._endpointslices.failing.wait()
        await first_of("until a request to the API server fails", *failing)

    def table(self) -> list[Entry]:
        """All services as they are now, for `restore`."""
        located = self._located
        return [
            (route.spec, located.get(route.spec.name, ()))
            for route in self._services.table.routes.values()
        ]

    def restore(self, entries: Iterable[Entry], confirmed: float) -> None:
        """Serve a table of an earlier time, until the cluster has been listed."""
        entries = list(entries)
        self.stale, self._confirmed = True, confirmed
        self._restored = {spec.name for spec, _ in entries}
        self._services.define(spec for spec, _ in entries)
        for spec, found in entries:
            self._services.locate(spec.name, found)

    async def _first_listing(self) -> None:
        await self._configmaps.synced.wait()
        await self._endpointslices.synced.wait()
        self._defined |= self._restored  # what is not in the cluster any more goes
        self._restored = set()
        self.stale = False
        self.flush()
        self.synced.set()
        log.info("the route table is complete: %d services", len(self._services.table.routes))

    def _definition_changed(self, change: Change) -> None:
        if not self._spaces.has(key_of(change.object)[0]):
            return
        if change.type == "DELETED":
            self._holders.gone(change.object)
        else:
            self._holders.seen(change.object)
        self._defined.add(change.object["metadata"]["name"])
        self._schedule()

    def _slice_changed(self, change: Change) -> None:
        name = key_of(change.object)
        if not self._spaces.has(name[0]):
            return
        owner = "" if change.type == "DELETED" else service_of(change.object)
        before = self._slice_owner.pop(name, "")
        if before and before != owner:
            self._slices[before].pop(name, None)
            self._moved.add(before)
        if owner:
            self._slice_owner[name] = owner
            self._slices.setdefault(owner, {})[name] = change.object
            self._moved.add(owner)
        self._schedule()

    def _schedule(self) -> None:
        if not self._pending and not self.stale:
            self._pending = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Bring what changed since the last time into the table."""
        self._pending = False
        if self.stale:
            return  # half a listing would take services their endpoints
        self.changes += 1
        defined, self._defined = self._defined, set()
        moved, self._moved = self._moved | defined, set()
        if defined:
            self._define(defined)
        for name in moved:
            slices = self._slices.get(name, {})
            if not slices:
                self._slices.pop(name, None)
            place = self._place(name)
            found = endpoints(one for (space, _), one in slices.items() if space == place)
            self._services.locate(name, found)
            if found:
                self._located[name] = found
            else:
                self._located.pop(name, None)

    def _place(self, name: str) -> str:
        """The namespace whose service `name` is served."""
        return next(iter(self._holders.of(name)), self._spaces.main)

    def _define(self, changed: Iterable[str]) -> None:
        specs: list[ServiceSpec] = []
        removed: list[str] = []
        for name in changed:
            self._tell_others(name)
            configmap = self._configmaps.cache.get((self._place(name), name))
            try:
                spec = self._definitions.read(configmap) if configmap is not None else None
            except StoredError as error:
                self._refuse(name, str(error))
                continue
            self.invalid.pop(name, None)
            if configmap is None:
                self._definitions.forget(name)
            if spec is None:
                removed.append(name)
            else:
                specs.append(spec)
        self._services.define(specs, removed)

    def _tell_others(self, name: str) -> None:
        """Name the services that are not served because an older one has their name."""
        for space in self._others.pop(name, ()):
            self.invalid.pop(f"{space}/{name}", None)
        holder, *others = self._holders.of(name) or ("",)
        for space in others:
            problem = f"namespace {holder} has an older service of that name"
            self.invalid[f"{space}/{name}"] = problem
            log.error("service %s of namespace %s is not served: %s", name, space, problem)
        if others:
            self._others[name] = others

    def _refuse(self, name: str, problem: str) -> None:
        self.invalid[name] = problem
        kept = self._services.table.find(name) is not None
        log.error(
            "the definition of service %s is not usable, %s: %s",
            name,
            "the one before stays" if kept else "it is not served",
            problem,
        )
