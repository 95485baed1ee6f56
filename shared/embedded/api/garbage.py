"""Garbage collection: what goes when its owner goes, and what empties a deleted namespace.

https://kubernetes.io/docs/concepts/architecture/garbage-collection/. Kubernetes does this some time
after the request; here it has happened when the request is answered. It listens to the store and
writes through the verbs of `Objects`; of the API that gives them it knows nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shared.embedded import kinds
from shared.embedded.api.deletion import FOREGROUND, ORPHAN
from shared.embedded.declarations import HUBS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.embedded.api.deletion import Propagation
    from shared.embedded.kinds import Kind
    from shared.embedded.storage.records import Record
    from shared.embedded.storage.store import Store
    from shared.service.objects import Obj

Key = tuple[str, str, str]
"""Bucket, namespace and name."""


class Objects(Protocol):
    """The three verbs that garbage collection needs."""

    def find(self, kind: Kind, name: str, namespace: str = "") -> Obj | None:
        """The object, or None when there is none."""

    def update(self, kind: Kind, obj: Obj, *, manager: str) -> Obj:
        """Replace an object."""

    def delete(
        self, kind: Kind, name: str, namespace: str = "", *, propagation: Propagation | None = None
    ) -> Obj:
        """Delete or begin to delete an object."""


class Garbage:
    """Follows the store and deletes through `objects`."""

    def __init__(self, store: Store, objects: Objects) -> None:
        self._store = store
        self._objects = objects
        self._alive: dict[str, Key] = {}
        self._dependents: dict[str, dict[Key, None]] = {}
        for hub in HUBS.values():
            for entry in self._store.entries(hub.bucket):
                self._learn((hub.bucket, *entry.key), entry.object)
        self._store.listen(self._follow)
        for key in list(self._alive.values()):
            self._settle(key)

    def _follow(self, record: Record) -> None:
        key = (record.bucket, *record.entry.key)
        if record.old:
            self._unlearn(key, record.old.object)
        if record.type == "DELETED":
            self._owner_gone(record.entry.object)
            return
        self._learn(key, record.entry.object)
        self._settle(key)

    def _learn(self, key: Key, obj: Obj) -> None:
        self._alive[obj["metadata"]["uid"]] = key
        for owner in _owners(obj):
            self._dependents.setdefault(owner["uid"], {})[key] = None

    def _unlearn(self, key: Key, obj: Obj) -> None:
        self._alive.pop(obj["metadata"]["uid"], None)
        for owner in _owners(obj):
            dependents = self._dependents.get(owner["uid"], {})
            dependents.pop(key, None)
            if not dependents:
                self._dependents.pop(owner["uid"], None)

    def _owner_gone(self, obj: Obj) -> None:
        for key in list(self._dependents.get(obj["metadata"]["uid"], ())):
            self._settle(key)
        for owner in _owners(obj):
            if key_of_owner := self._alive.get(owner["uid"]):
                self._settle(key_of_owner)
        space = obj["metadata"].get("namespace")
        if space and self._store.is_empty(space):
            self._settle((kinds.NAMESPACE.bucket, "", space))

    def _settle(self, key: Key) -> None:
        """Do what is due for one object, if it is still there."""
        obj = self._object(key)
        if obj is None:
            return
        kind = HUBS[key[0]]
        deleting = "deletionTimestamp" in obj["metadata"]
        finalizers = obj["metadata"].get("finalizers", [])
        if deleting and kind is kinds.NAMESPACE:
            self._empty(key[2])
        elif deleting and ORPHAN in finalizers:
            self._finish_orphaning(kind, obj)
        elif deleting and FOREGROUND in finalizers:
            self._finish_foreground(kind, obj)
        else:
            self._collect(key, kind, obj, deleting=deleting)

    def _collect(self, key: Key, kind: Kind, obj: Obj, *, deleting: bool) -> None:
        """Delete an object all of whose owners are gone; else let it forget those that are."""
        gone = {each["uid"] for each in _owners(obj) if each["uid"] not in self._alive}
        if not gone:
            return
        if any(each["uid"] not in gone for each in _owners(obj)):
            self._forget_owners(key, gone)
        elif not deleting:
            self._delete(kind, obj)

    def _finish_orphaning(self, kind: Kind, owner: Obj) -> None:
        """Make the dependents independent of the owner, and let it go."""
        uid = owner["metadata"]["uid"]
        for key in list(self._dependents.get(uid, ())):
            self._forget_owners(key, {uid})
        self._release(kind, owner, ORPHAN)

    def _finish_foreground(self, kind: Kind, owner: Obj) -> None:
        """Delete the dependents; let the owner go when none is left that blocks it."""
        uid = owner["metadata"]["uid"]
        for key in list(self._dependents.get(uid, ())):
            dependent = self._object(key)
            if dependent and "deletionTimestamp" not in dependent["metadata"]:
                has_own = bool(self._dependents.get(dependent["metadata"]["uid"]))
                self._delete(HUBS[key[0]], dependent, foreground=has_own)
        keys = self._dependents.get(uid, ())
        dependents = [self._object(key) for key in keys]
        if any(_blocks(dependent, uid) for dependent in dependents if dependent):
            return
        self._release(kind, owner, FOREGROUND)

    def _release(self, kind: Kind, owner: Obj, finalizer: str) -> None:
        """Take `finalizer` off; without any the owner is gone."""
        metadata = owner["metadata"]
        left = [each for each in metadata["finalizers"] if each != finalizer]
        finished = {**metadata, "finalizers": left}
        self._objects.update(kind, {**owner, "metadata": finished}, manager="garbage-collector")

    def _empty(self, namespace: str) -> None:
        for kind in HUBS.values():
            if kind.namespaced:
                for entry in self._store.entries(kind.bucket, namespace):
                    if "deletionTimestamp" not in entry.object["metadata"]:
                        self._delete(kind, entry.object)
        if self._store.is_empty(namespace) and self._objects.find(kinds.NAMESPACE, namespace):
            self._objects.delete(kinds.NAMESPACE, namespace)

    def _delete(self, kind: Kind, obj: Obj, *, foreground: bool = False) -> None:
        metadata = obj["metadata"]
        self._objects.delete(
            kind,
            metadata["name"],
            metadata.get("namespace", ""),
            propagation="Foreground" if foreground else None,
        )

    def _forget_owners(self, key: Key, uids: set[str]) -> None:
        obj = self._object(key)
        if obj is None:
            return
        left = [owner for owner in _owners(obj) if owner["uid"] not in uids]
        metadata = {**obj["metadata"], "ownerReferences": left}
        kind = HUBS[key[0]]
        self._objects.update(kind, {**obj, "metadata": metadata}, manager="garbage-collector")

    def _object(self, key: Key) -> Obj | None:
        entry = self._store.get(*key)
        return entry.object if entry else None


def _owners(obj: Obj) -> Iterable[Obj]:
    owners: list[Obj] = obj["metadata"].get("ownerReferences", [])
    return owners


def _blocks(dependent: Obj, uid: str) -> bool:
    return any(o["uid"] == uid and o.get("blockOwnerDeletion") is True for o in _owners(dependent))
