"""Which services there are, and all that the cluster's objects say of each of them. Pure.

Made for each tick from caches, or from single lists for `explain`; it knows no watch and no client.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from scaler.cluster.observe import PodFacts, PodReader, capacities, replica_sets, rivals
from shared.service import names
from shared.service.objects import wanted_replicas
from shared.service.spaces import Spaces
from shared.service.stored import Stored, StoredError, read
from shared.service.values import value
from shared.service.workload import workload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaler.sources.quality import Expected
    from shared.service.model import Expose
    from shared.service.objects import Obj


MAIN: Final = Spaces()


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
    """As its ConfigMap is marked. The mark of a Deployment says nothing: `kubectl rollout undo`
    brings back that of an earlier revision."""
    rival: str
    """The HorizontalPodAutoscaler that targets the same Deployment; empty when none does."""
    namespace: str = names.NAMESPACE
    managers: bool = False
    """Whether the Deployment is one that an OSCAR manager made."""
    spare: str = ""
    """The manager's Deployment, if there is one beside ours: it is not scaled."""

    @property
    def replicas(self) -> int:
        """What the Deployment asks for."""
        return wanted_replicas(self.deployment)


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

    def __init__(self, spaces: Spaces = MAIN) -> None:
        self._spaces = spaces
        self._read: dict[tuple[str, str], tuple[str, Stored | StoredError]] = {}
        self._pods = PodReader()

    def catalog(self, caches: Caches) -> Catalog:
        """All services that are exposed and have a Deployment."""
        pods = self._pods.by_owner(self._ours(caches.pods))
        sets = replica_sets(self._ours(caches.replicasets))
        rival_of = rivals(self._ours(caches.hpas))
        targets: dict[str, Target] = {}
        broken: dict[str, str] = {}
        for (space, name), (version, found) in self._stored(caches.configmaps).items():
            if isinstance(found, StoredError):
                broken[name] = str(found)
                continue
            expose = found.definition.expose
            work = workload(name, partial(_named, caches.deployments, space))
            deployment = work.deployment
            if expose is None or deployment is None:
                continue
            uid = deployment["metadata"]["uid"]
            own = tuple([facts for each in sets.get(uid, ()) for facts in pods.get(each, ())])
            targets[name] = Target(
                name,
                version,
                expose,
                deployment,
                own,
                tuple([facts.expected for facts in own if facts.measurable]),
                found.stopped or work.stopped,
                rival_of.get((space, deployment["metadata"]["name"]), ""),
                space,
                work.managers,
                work.spare,
            )
        return Catalog(targets, broken, capacities(caches.nodes.values()))

    def _stored(
        self, configmaps: Mapping[tuple[str, str], Obj]
    ) -> dict[tuple[str, str], tuple[str, Stored | StoredError]]:
        known: dict[tuple[str, str], tuple[str, Stored | StoredError]] = {}
        for key, obj in self._holders(configmaps).items():
            version = obj["metadata"]["resourceVersion"]
            entry = self._read.get(key)
            known[key] = entry if entry and entry[0] == version else (version, _read(obj))
        self._read = known
        return known

    def _ours(self, objects: Mapping[tuple[str, str], Obj]) -> Iterable[Obj]:
        if self._spaces.watched is not None:
            return objects.values()
        return (obj for (space, _), obj in objects.items() if self._spaces.has(space))

    def _holders(self, configmaps: Mapping[tuple[str, str], Obj]) -> Mapping[tuple[str, str], Obj]:
        """Of several services of one name the oldest: that is the one which has the route."""
        if self._spaces.watched is not None:
            return configmaps
        held: dict[str, tuple[str, str]] = {}
        ours = [key for key in configmaps if self._spaces.has(key[0])]
        for key in sorted(ours, key=lambda each: (_born(configmaps[each]), each), reverse=True):
            held[key[1]] = key
        return {key: configmaps[key] for key in held.values()}


def _born(obj: Obj) -> str:
    return str(obj["metadata"].get("creationTimestamp") or "")


def _named(objects: Mapping[tuple[str, str], Obj], space: str, name: str) -> Obj | None:
    return objects.get((space, name))


def _read(configmap: Obj) -> Stored | StoredError:
    try:
        return read(configmap)
    except StoredError as error:
        return error
