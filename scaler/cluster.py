"""Live copies of what the scaler reads from the cluster."""

from __future__ import annotations

import asyncio
import gc
from functools import partial
from typing import TYPE_CHECKING, Final

from scaler.catalog import Caches, Cataloguer
from scaler.slim import slim_pod
from shared import names
from shared.kube.informer import Informer
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS, HPAS, NODES, PODS, REPLICASETS

if TYPE_CHECKING:
    from scaler.catalog import Catalog
    from shared.kube.changes import Change
    from shared.kube.client import KubeClient
    from shared.tasks import Supervisor


COLLECT_AFTER: Final = 200_000
"""Objects made before the collector looks for cycles among them. Ticks leave none behind, but the
samples of ten thousand pods alone are a hundred thousand objects that it would walk in vain."""


class Cluster:
    """One informer a kind; `synced` once all that a decision needs is there."""

    def __init__(self, kube: KubeClient) -> None:
        inform = partial(Informer, kube, on_change=self._changed)
        space = names.NAMESPACE
        self._configmaps = inform(CONFIGMAPS, space, labels=names.SERVICE_LABEL)
        self._deployments = inform(DEPLOYMENTS, space)
        self._replicasets = inform(REPLICASETS, space)
        self._pods = inform(PODS, space, keep=slim_pod)
        self._hpas = inform(HPAS, space)
        self._nodes = inform(NODES)
        self._cataloguer = Cataloguer()
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

    def missing(self) -> list[str]:
        """The collections that were not listed yet, for the operator."""
        return [each.resource.plural for each in self._needed if not each.synced.is_set()]

    def catalog(self) -> Catalog:
        """All services as the caches show them now."""
        if self._catalog is None:
            self._catalog = self._cataloguer.catalog(self.caches())
        return self._catalog

    def _changed(self, _: Change) -> None:
        self._catalog = None

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
        """Nodes that run a pod of the namespace."""
        specs = (pod["spec"] for pod in self._pods.cache.values())
        return {spec["nodeName"] for spec in specs if spec.get("nodeName")}

    def failures(self) -> dict[str, int]:
        """Failed requests of each informer, by resource."""
        return {each.resource.plural: each.failures for each in (*self._needed, self._nodes)}


def spare_collector() -> None:
    """Let the garbage collector pass over all that is cached now; for a process that only scales.

    Caches live as long as the process, and walking them at every turn would be a third of the cost
    of a tick over many pods.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
