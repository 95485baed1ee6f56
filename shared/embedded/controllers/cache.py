"""What the controllers know of the cluster, indexed by owner, label and selector.

Every committed change is put in before the controllers see it, so it is never behind their own
writes; the "expectations" that Kubernetes' controllers keep for that reason are not needed. Read by
controllers and node ports; writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from shared.embedded.controllers.pods import claims_of
from shared.embedded.kinds import (
    DEPLOYMENT,
    ENDPOINT_SLICE,
    NAMESPACE,
    NODE,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    POD_DISRUPTION_BUDGET,
    REPLICA_SET,
    SERVICE,
    STORAGE_CLASS,
)
from shared.service.objects import controller_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

Key = tuple[str, str]
"""(namespace, name)"""

CACHED = (
    *(NAMESPACE, DEPLOYMENT, REPLICA_SET, POD, SERVICE, ENDPOINT_SLICE, NODE),
    *(PERSISTENT_VOLUME_CLAIM, PERSISTENT_VOLUME, STORAGE_CLASS, POD_DISRUPTION_BUDGET),
)
SERVICE_NAME = "kubernetes.io/service-name"


def key_of(obj: Obj) -> Key:
    """(namespace, name) of an object."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


class Cache:
    """The objects of the kinds in `CACHED`; shared with the store, never to be changed."""

    def __init__(self, api: Api) -> None:
        self._objects: dict[Kind, dict[Key, Obj]] = {kind: {} for kind in CACHED}
        self._index: defaultdict[Any, dict[Key, Obj]] = defaultdict(dict)
        for kind in CACHED:
            for obj in api.list(kind):
                self._put(kind, obj)

    def apply(self, change: Change) -> None:
        """Take in one committed change."""
        if change.kind not in self._objects:
            return
        previous = self._objects[change.kind].get(key_of(change.object))
        if previous is not None:
            self._drop(change.kind, previous)
        if change.type != "DELETED":
            self._put(change.kind, change.object)

    def all(self, kind: Kind) -> Mapping[Key, Obj]:
        """Every object of `kind`."""
        return self._objects[kind]

    def get(self, kind: Kind, key: Key) -> Obj | None:
        """The object, or None."""
        return self._objects[kind].get(key)

    def owned(self, kind: Kind, owner: Obj) -> list[Obj]:
        """The objects of `kind` whose controller is `owner`."""
        return list(self._index.get((kind, owner["metadata"]["uid"]), {}).values())

    def orphans(self, kind: Kind, namespace: str) -> list[Obj]:
        """The objects of `kind` in `namespace` that no controller has."""
        return list(self._index.get((kind, namespace), {}).values())

    def labelled(self, kind: Kind, namespace: str, labels: Mapping[str, str]) -> list[Obj]:
        """The objects of `kind` in `namespace` that carry all of `labels` (at least one)."""
        buckets = [
            self._index.get((kind, namespace, key, value), {}) for key, value in labels.items()
        ]
        smallest = min(buckets, key=len)
        return [obj for obj in smallest.values() if carries(obj, labels)]

    def in_namespace(self, kind: Kind, namespace: str) -> list[Obj]:
        """The objects of `kind` in `namespace`; looks at all of its kind."""
        return [obj for key, obj in self._objects[kind].items() if key[0] == namespace]

    def selecting(self, pod: Obj) -> list[Obj]:
        """The Services whose selector matches the pod."""
        namespace = pod["metadata"].get("namespace", "")
        found = []
        for label in (pod["metadata"].get("labels") or {}).items():
            for service in self._index.get(("selector", namespace, *label), {}).values():
                if carries(pod, service["spec"]["selector"]):
                    found.append(service)
        return found

    def users(self, claim: Key) -> list[Obj]:
        """The pods that mount a PersistentVolumeClaim, bound to a node or not."""
        return list(self._index.get(("claim", *claim), {}).values())

    def on_node(self, name: str) -> list[Obj]:
        """The pods that are bound to the node; with an empty name, those bound to none."""
        return list(self._index.get(("node", name), {}).values())

    def _put(self, kind: Kind, obj: Obj) -> None:
        self._objects[kind][key_of(obj)] = obj
        for entry in _entries(kind, obj):
            self._index[entry][key_of(obj)] = obj

    def _drop(self, kind: Kind, obj: Obj) -> None:
        del self._objects[kind][key_of(obj)]
        for entry in _entries(kind, obj):
            bucket = self._index[entry]
            bucket.pop(key_of(obj), None)
            if not bucket:
                del self._index[entry]


def carries(obj: Obj, labels: Mapping[str, str]) -> bool:
    """The object has all of `labels`."""
    own = obj["metadata"].get("labels") or {}
    return all(own.get(key) == value for key, value in labels.items())


def _entries(kind: Kind, obj: Obj) -> Iterator[Any]:
    """Under which index entries an object stands."""
    namespace = obj["metadata"].get("namespace", "")
    owner = controller_of(obj)
    if owner is not None:
        yield kind, owner["uid"]
    else:
        yield kind, namespace
    for label in (obj["metadata"].get("labels") or {}).items():
        yield kind, namespace, *label
    if kind is SERVICE and obj["spec"].get("selector"):
        yield "selector", namespace, *min(obj["spec"]["selector"].items())
    if kind is POD:
        yield "node", obj["spec"].get("nodeName", "")
        for name in claims_of(obj):
            yield "claim", namespace, name
