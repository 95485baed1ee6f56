"""Live copies of what the scaler reads from the cluster, kept by informers.

`run` starts them, the loop asks them for a catalog, the admin port whether they are up to date.
"""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from scaler.cluster.catalog import Caches, Cataloguer
from scaler.cluster.trim import trim_pod, whole, within
from shared.kube.informer import Informer
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS, HPAS, NODES, PODS, REPLICASETS
from shared.runtime.clock import SystemClock
from shared.service import names
from shared.service.objects import annotations_of, labels_of
from shared.service.oscar import as_ours
from shared.service.spaces import Spaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaler.cluster.catalog import Catalog
    from scaler.cluster.trim import Trim
    from shared.kube.changes import Change
    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor


MAIN: Final = Spaces()
COLLECT_AFTER: Final = 200_000
"""Objects made before the collector looks for cycles among them. Ticks leave none behind, but the
samples of ten thousand pods alone are a hundred thousand objects that it would walk for nothing."""


WATCH: Final = 240.0
"""Seconds a watch lasts at most; its end is a sign of life too."""
SILENCE: Final = WATCH + 60.0
"""Seconds without any sign of life after which a copy is not believed to be live: a watch, and time
to begin the next one."""


@dataclass(frozen=True, slots=True)
class CacheStatus:
    """How one collection is kept up to date."""

    resource: str
    failures: int
    """Failed lists and watches."""
    age: float | None
    """Seconds since the API server last said anything of it; None before the first time."""
    problem: str
    """Why the last attempt failed; empty when it did not."""

    @property
    def unready_reason(self) -> str:
        """What is wrong for decisions; empty when nothing is."""
        because = f": {self.problem}" if self.problem else ""
        if self.age is None:
            return f"waiting for the first list of {self.resource}{because}"
        if self.age > SILENCE:
            return f"nothing was heard of {self.resource} for {self.age:.0f} s{because}"
        return ""


class Listener(Protocol):
    """Who is told of changes; `scaler.control.loop.Loop` is one."""

    def changed(self) -> None:
        """An object has changed."""

    def asked(self, service: str) -> None:
        """Somebody has marked the Deployment of `service`, to have it awake."""


class Cluster:
    """One informer a kind; `synced` once all that a decision needs is there."""

    def __init__(self, kube: KubeClient, clock: Clock | None = None, spaces: Spaces = MAIN) -> None:
        def informer(resource: Resource, space: str | None, **options: Any) -> Informer:
            return Informer(
                kube,
                resource,
                space,
                on_change=self._deployment if resource is DEPLOYMENTS else self._changed,
                clock=self._clock,
                watch_seconds=WATCH,
                **options,
            )

        self._clock = clock or SystemClock()
        self._listener: Listener | None = None

        def ours(resource: Resource, keep: Trim = whole, labels: str = "") -> Informer:
            return informer(resource, spaces.watched, labels=labels, keep=within(spaces, keep))

        self._spaces = spaces
        self._configmaps = ours(CONFIGMAPS, as_ours, names.SERVICE_LABEL)
        self._deployments = ours(DEPLOYMENTS)
        self._replicasets = ours(REPLICASETS)
        self._pods = ours(PODS, trim_pod)
        self._hpas = ours(HPAS)
        self._nodes = informer(NODES, None)
        self._cataloguer = Cataloguer(spaces)
        self._catalog: Catalog | None = None
        self._needed = (
            self._configmaps,
            self._deployments,
            self._replicasets,
            self._pods,
            self._hpas,
        )

    def start(self, tasks: Supervisor) -> None:
        """Begin to list and watch."""
        for informer in (*self._needed, self._nodes):
            tasks.start(f"informer {informer.resource.plural}", informer.run())

    @property
    def synced(self) -> bool:
        """Whether every collection that decisions need was listed once.

        Nodes only bound what is believed of samples: without the right to list them, a large
        machine is supposed.
        """
        return all(informer.synced.is_set() for informer in self._needed)

    async def wait(self) -> None:
        """Return when `synced` holds."""
        await asyncio.gather(*(informer.synced.wait() for informer in self._needed))

    def unready_reasons(self) -> list[str]:
        """What decisions lack, for the operator: collections not listed yet, or silent for long."""
        return [text for each in self._needed if (text := self._cache_status(each).unready_reason)]

    def catalog(self) -> Catalog:
        """All services as the caches show them now."""
        if self._catalog is None:
            self._catalog = self._cataloguer.catalog(self.caches())
        return self._catalog

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of changes as they come."""
        self._listener = listener

    def _changed(self, _: Change) -> None:
        self._catalog = None
        if self._listener is not None:
            self._listener.changed()

    def _deployment(self, change: Change) -> None:
        self._changed(change)
        if self._listener is None or change.old is None:  # what stood there may be long over
            return
        asked = annotations_of(change.object).get(names.WAKE)
        if asked and asked != annotations_of(change.old).get(names.WAKE):
            self._listener.asked(labels_of(change.object).get(names.SERVICE_LABEL, ""))

    def caches(self) -> Caches:
        """The collections themselves."""
        return Caches(
            self._configmaps.cache,
            self._deployments.cache,
            self._replicasets.cache,
            self._pods.cache,
            self._hpas.cache,
            self._nodes.cache,
        )

    def nodes_in_use(self) -> set[str]:
        """Nodes that run a pod of a service."""
        pods = self._pods.cache.items()
        specs = (pod["spec"] for (space, _), pod in pods if self._spaces.has(space))
        return {spec["nodeName"] for spec in specs if spec.get("nodeName")}

    def cache_statuses(self) -> Iterator[CacheStatus]:
        """How each collection is kept up to date."""
        return map(self._cache_status, (*self._needed, self._nodes))

    def _cache_status(self, informer: Informer) -> CacheStatus:
        age = self._clock.monotonic() - informer.last_contact if informer.synced.is_set() else None
        return CacheStatus(informer.resource.plural, informer.failures, age, informer.problem)


def tune_garbage_collector() -> None:
    """Let the garbage collector pass over all that is cached now; for a process that only scales.

    Caches live as long as the process, and walking them at every turn would be a third of the cost
    of a tick over many pods.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
