"""Which services there are, and all that the cluster's objects say of each of them. Pure.

Made for each tick from caches, or from single lists for `explain`; it knows no watch and no client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.cluster.observe import (
    PodFacts,
    PodReader,
    capacities,
    replica_sets,
    replicas_of,
    rivals,
)
from shared.service import names
from shared.service.fdl import FdlError, load_definition
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaler.sources.quality import Expected
    from shared.kube.resources import Obj
    from shared.service.model import Expose, Service


@value
class Target:
    """A service that can be scaled: its definition and its Deployment are there."""

    name: str
    version: str
    """resourceVersion of the definition."""
    expose: Expose
    deployment: Obj
    pods: tuple[PodFacts, ...]
    expected: tuple[Expected, ...]
    """Those of the pods that should have a sample."""
    stopped: bool
    rival: str
    """The HorizontalPodAutoscaler that targets the same Deployment; empty when none does."""

    @property
    def replicas(self) -> int:
        """What the Deployment asks for."""
        return replicas_of(self.deployment)


@value
class Catalog:
    """All services at one moment."""

    targets: Mapping[str, Target]
    broken: Mapping[str, str]
    """Services whose definition cannot be read, and why."""
    capacities: Mapping[str, int]


@value
class Caches:
    """The collections a catalog is made from, by (namespace, name), as informers keep them."""

    configmaps: Mapping[tuple[str, str], Obj]
    deployments: Mapping[tuple[str, str], Obj]
    replicasets: Mapping[tuple[str, str], Obj]
    pods: Mapping[tuple[str, str], Obj]
    hpas: Mapping[tuple[str, str], Obj]
    nodes: Mapping[tuple[str, str], Obj]


class Cataloguer:
    """Makes catalogs; definitions and pods are read anew only when they have changed."""

    def __init__(self) -> None:
        self._definitions: dict[str, tuple[str, Service | FdlError]] = {}
        self._pods = PodReader()

    def catalog(self, caches: Caches) -> Catalog:
        """All services that are exposed and have a Deployment."""
        pods = self._pods.by_owner(caches.pods.values())
        sets = replica_sets(caches.replicasets.values())
        rival_of = rivals(caches.hpas.values())
        targets: dict[str, Target] = {}
        broken: dict[str, str] = {}
        for name, (version, service) in self._read(caches.configmaps).items():
            if isinstance(service, FdlError):
                broken[name] = str(service)
                continue
            configmap = caches.configmaps[names.NAMESPACE, name]
            deployment = caches.deployments.get((names.NAMESPACE, names.deployment(name)))
            if service.expose is None or deployment is None:
                continue
            uid = deployment["metadata"]["uid"]
            own = tuple([facts for each in sets.get(uid, ()) for facts in pods.get(each, ())])
            targets[name] = Target(
                name,
                version,
                service.expose,
                deployment,
                own,
                tuple([facts.expected for facts in own if facts.measurable]),
                _stopped(configmap) or _stopped(deployment),
                rival_of.get(deployment["metadata"]["name"], ""),
            )
        return Catalog(targets, broken, capacities(caches.nodes.values()))

    def _read(
        self, configmaps: Mapping[tuple[str, str], Obj]
    ) -> dict[str, tuple[str, Service | FdlError]]:
        known: dict[str, tuple[str, Service | FdlError]] = {}
        for (_, name), obj in configmaps.items():
            version = obj["metadata"]["resourceVersion"]
            entry = self._definitions.get(name)
            known[name] = entry if entry and entry[0] == version else (version, _definition(obj))
        self._definitions = known
        return known


def _definition(configmap: Obj) -> Service | FdlError:
    try:
        return load_definition((configmap.get("data") or {}).get(names.DEFINITION_KEY, ""))
    except FdlError as error:
        return error


def _stopped(obj: Obj) -> bool:
    return (obj["metadata"].get("annotations") or {}).get(names.STOPPED) == "true"
