"""Keeps the registry of services in step with the cluster: definitions and endpoints.

Two informers mark services as changed; what is marked is brought into the table in slices, each
whole services, so that a listing of ten thousand objects neither swaps the table ten thousand times
nor holds up requests. A service has its old route or its new one, never half of each. What cannot
be read keeps the service as it was. Nothing is brought before both first listings are there. While
the API server is away the last table serves; one that was restored from a file is stale until it is
replaced.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from gateway.cluster.definitions import Definitions
from gateway.cluster.endpoint_slices import SERVICE_NAME, endpoints, service_of
from gateway.cluster.holders import Holders
from shared.kube.changes import key_of
from shared.kube.informer import Informer
from shared.kube.resources import CONFIGMAPS, ENDPOINTSLICES
from shared.runtime.tasks import first_of
from shared.runtime.turns import Turns
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

SLICE: Final = 50
"""Services that are brought into the table in one turn of the loop, at most."""


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
        self._changed: dict[str, bool] = {}
        """Service → whether its definition has changed, or its endpoints alone."""
        self._marked = asyncio.Event()
        self._turns = Turns(clock, SLICE)
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
        tasks.start("route table", self._follow())

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
        self._services.define(spec for spec, _ in entries)
        for spec, found in entries:
            self._services.locate(spec.name, found)
            self._mark(spec.name, defined=True)  # what is not in the cluster any more goes

    async def _follow(self) -> None:
        await self._configmaps.synced.wait()
        await self._endpointslices.synced.wait()
        await self._bring()
        self.stale = False
        self.synced.set()
        log.info("the route table is complete: %d services", len(self._services.table.routes))
        while True:
            await self._marked.wait()
            await self._bring()

    def _definition_changed(self, change: Change) -> None:
        if not self._spaces.has(key_of(change.object)[0]):
            return
        if change.type == "DELETED":
            self._holders.gone(change.object)
        else:
            self._holders.seen(change.object)
        self._mark(change.object["metadata"]["name"], defined=True)

    def _slice_changed(self, change: Change) -> None:
        name = key_of(change.object)
        if not self._spaces.has(name[0]):
            return
        owner = "" if change.type == "DELETED" else service_of(change.object)
        before = self._slice_owner.pop(name, "")
        if before and before != owner:
            self._slices[before].pop(name, None)
            self._mark(before)
        if owner:
            self._slice_owner[name] = owner
            self._slices.setdefault(owner, {})[name] = change.object
            self._mark(owner)

    def _mark(self, name: str, *, defined: bool = False) -> None:
        self._changed[name] = self._changed.get(name, False) or defined
        self._marked.set()

    async def _bring(self) -> None:
        """Bring into the table what has changed, slice by slice, until nothing is marked."""
        while self._changed:
            changed, self._changed = self._changed, {}
            while changed:
                self._slice(changed)
                await self._turns.rest()
        self._marked.clear()

    def _slice(self, changed: dict[str, bool]) -> None:
        """Bring the first of `changed` in, taking them out of it: in one turn of the loop."""
        specs: list[ServiceSpec] = []
        removed: list[str] = []
        located: dict[str, tuple[Endpoint, ...]] = {}
        while changed:
            name, defined = changed.popitem()
            try:
                if defined:
                    self._read(name, specs, removed)
                located[name] = self._endpoints(name)
            except Exception:  # one poisonous object must not blind the gateway to all others
                log.exception("service %s stays as it was: it cannot be read", name)
            if self._turns.spent():
                break
        self.changes += 1
        self._services.define(specs, removed)
        for name, found in located.items():
            self._locate(name, found)

    def _endpoints(self, name: str) -> tuple[Endpoint, ...]:
        slices = self._slices.get(name, {})
        if not slices:
            self._slices.pop(name, None)
        place = self._place(name)
        return endpoints(one for (space, _), one in slices.items() if space == place)

    def _locate(self, name: str, found: tuple[Endpoint, ...]) -> None:
        self._services.locate(name, found)
        if found:
            self._located[name] = found
        else:
            self._located.pop(name, None)

    def _place(self, name: str) -> str:
        """The namespace whose service `name` is served."""
        return next(iter(self._holders.of(name)), self._spaces.main)

    def _read(self, name: str, specs: list[ServiceSpec], removed: list[str]) -> None:
        """Add its definition to `specs`, or its name to `removed`; to neither if it is refused."""
        self._tell_others(name)
        configmap = self._configmaps.cache.get((self._place(name), name))
        try:
            spec = self._definitions.read(configmap) if configmap is not None else None
        except StoredError as error:
            self._refuse(name, str(error))
            return
        self.invalid.pop(name, None)
        if configmap is None:
            self._definitions.forget(name)
        if spec is None:
            removed.append(name)
        else:
            specs.append(spec)

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
