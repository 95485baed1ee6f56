"""The verbs of the embedded cluster as plain synchronous calls.

The HTTP server, the controllers and the node agent all work through `Api`, so that every write is
defaulted, validated, versioned and seen by every watcher alike. It knows none of them.
"""

from __future__ import annotations

import random as randomness
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from shared.embedded import declarations, kinds, validation
from shared.embedded.api import allocation, ownership, patching, scale, service_changes, strategy
from shared.embedded.api.garbage import Garbage
from shared.embedded.errors import (
    StatusError,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid,
    not_found,
)
from shared.embedded.schema import decoding
from shared.embedded.schema.field_selectors import field_predicate
from shared.embedded.schema.selectors import label_predicate
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.embedded.api.garbage import Propagation
    from shared.embedded.api.patching import PatchType
    from shared.embedded.kinds import Kind
    from shared.embedded.storage.records import Entry, EventType, Record
    from shared.embedded.storage.store import Store
    from shared.service.objects import Obj


@dataclass(frozen=True, slots=True)
class Change:
    """A committed change: `old` is None for ADDED; of DELETED, `object` is the last state."""

    type: EventType
    kind: Kind
    object: Obj
    old: Obj | None = None


class Api:
    """The cluster's state and its rules. Objects returned are shared: copy before changing one.

    Every method may raise `shared.embedded.errors.StatusError`.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], float] = time.time,
        random: randomness.Random | None = None,
    ) -> None:
        self.store = store
        self.now = now
        self._random = random or randomness.SystemRandom()
        self._garbage = Garbage(store, self)

    def get(self, kind: Kind, name: str, namespace: str = "") -> Obj:
        return _shown(kind, self._entry(kind, name, namespace).object)

    def find(self, kind: Kind, name: str, namespace: str = "") -> Obj | None:
        """The object, or None when there is none."""
        entry = self.store.get(kind.bucket, namespace, name)
        return _shown(kind, entry.object) if entry else None

    def list(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
    ) -> Sequence[Obj]:
        """The objects of `namespace` (None: of all), by namespace and name."""
        declared = declarations.of(kind)
        tests = label_predicate(labels or ""), field_predicate(declared.selectable, fields or "")
        return [
            declared.conversion.from_stored(entry.object)
            for entry in self.store.entries(kind.bucket, namespace)
            if all(test is None or test(entry.object) for test in tests)
        ]

    def create(
        self,
        kind: Kind,
        obj: Obj,
        namespace: str = "",
        *,
        manager: str,
        name: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Store a new object; `name` is the one a URL asks for, if it does."""
        stored = self._decoded(kind, obj)
        writer = ownership.Manager(manager, "Update", kind.api_version)
        stored["metadata"].pop("managedFields", None)
        created = self._create(kind, stored, namespace, writer, name=name, dry_run=dry_run)
        return _shown(kind, created)

    def update(
        self,
        kind: Kind,
        obj: Obj,
        *,
        subresource: Literal["", "status", "scale"] = "",
        manager: str,
        dry_run: bool = False,
    ) -> Obj:
        """Replace; a metadata.resourceVersion that is not the current one is a 409 Conflict."""
        metadata = obj.get("metadata") or {}
        entry = self._entry(kind, metadata.get("name", ""), metadata.get("namespace", ""))
        return self._replace(kind, entry, obj, subresource, manager, dry_run=dry_run)

    def patch(
        self,
        kind: Kind,
        name: str,
        namespace: str,
        body: Any,
        *,
        patch_type: PatchType = "merge",
        subresource: Literal["", "status", "scale"] = "",
        manager: str,
        force: bool = False,
        dry_run: bool = False,
    ) -> Obj:
        """Patch; `apply` creates what does not exist."""
        if patch_type == "apply":
            return self._apply(
                kind, name, namespace, body, subresource, manager, force=force, dry_run=dry_run
            )
        entry = self._entry(kind, name, namespace)
        current = _shown(kind, entry.object)
        target = scale.view(current) if subresource == "scale" else current
        patched = patching.patched(kind, target, body, patch_type)
        return self._replace(kind, entry, patched, subresource, manager, dry_run=dry_run)

    def scale(self, kind: Kind, name: str, namespace: str) -> Obj:
        """The Scale of a Deployment or ReplicaSet."""
        return scale.view(self.get(kind, name, namespace))

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str = "",
        *,
        grace: int | None = None,
        propagation: Propagation = "Background",
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Delete or begin to delete. A bound pod stays, with deletionTimestamp, until a delete
        with `grace=0` (the node agent's last word); `find` tells whether it is gone."""
        obj = self._entry(kind, name, namespace).object
        strategy.check_preconditions(kind, obj, uid, resource_version)
        if dry_run:
            return _shown(kind, obj)
        if propagation == "Orphan":
            self._garbage.orphan(obj)
            obj = self._entry(kind, name, namespace).object
        return _shown(kind, self._delete(kind, obj, grace, propagation))

    def bind(self, name: str, namespace: str, node: str) -> None:
        """Give the pod to a node (pods/binding)."""
        pod = self._entry(kinds.POD, name, namespace).object
        if taken := pod["spec"].get("nodeName"):
            why = f'pod {name} is already assigned to node "{taken}"'
            raise conflict(kinds.POD, name, why)
        if "deletionTimestamp" in pod["metadata"]:
            raise conflict(
                kinds.POD, name, f"pod {name} is being deleted, cannot be assigned to a host"
            )
        condition = {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": timestamp(self.now()),
        }
        others = [c for c in pod["status"].get("conditions", []) if c["type"] != "PodScheduled"]
        status = {**pod["status"], "conditions": [*others, condition]}
        spec = {**pod["spec"], "nodeName": node}
        self.store.put(kinds.POD.bucket, {**pod, "spec": spec, "status": status})

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Have `callback` called after each committed change, in order; returns the end of it.

        A change that a callback makes is delivered after the present one is through.
        """

        def deliver(record: Record) -> None:
            old = record.old.object if record.old else None
            kind = declarations.HUBS[record.bucket]
            callback(Change(record.type, kind, record.entry.object, old))

        return self.store.listen(deliver)

    def _entry(self, kind: Kind, name: str, namespace: str) -> Entry:
        entry = self.store.get(kind.bucket, namespace, name)
        if entry is None:
            raise not_found(kind, name)
        return entry

    def _decoded(self, kind: Kind, obj: Obj) -> Obj:
        """A private, well-typed copy in stored form."""
        given = _typed(kind, obj)
        if kind.hub is kind:
            return given
        return _typed(kind.hub, declarations.of(kind).conversion.to_stored(given))

    def _create(
        self,
        kind: Kind,
        obj: Obj,
        namespace: str,
        writer: ownership.Manager,
        *,
        name: str,
        dry_run: bool,
    ) -> Obj:
        bits = self._random.getrandbits(128)
        letters = self._random.choices(strategy.SUFFIX_ALPHABET, k=strategy.SUFFIX_LENGTH)
        now = self.now()
        strategy.admit_new(
            kind, obj, namespace, name=name, uid=str(UUID(int=bits, version=4)),
            suffix="".join(letters), now=now,
        )  # fmt: skip
        if kind is kinds.SERVICE:
            service_changes.prepare(None, obj)
        declared = declarations.of(kind)
        declared.defaults(obj)
        self._refuse_place(kind, obj)
        if causes := validation.created(declared.rules, obj):
            raise invalid(kind, obj["metadata"].get("name", ""), causes)
        if self.store.get(kind.bucket, namespace, obj["metadata"]["name"]):
            raise already_exists(kind, obj["metadata"]["name"])
        self._allocate(kind, None, obj, dry_run=dry_run)
        if writer.operation == "Update":
            obj = ownership.tracked(None, obj, kind, writer, timestamp(now))
        return obj if dry_run else self.store.put(kind.bucket, obj).object

    def _refuse_place(self, kind: Kind, obj: Obj) -> None:
        """A namespaced object needs a namespace that is there and not on its way out."""
        if not kind.namespaced:
            return
        name = obj["metadata"]["namespace"]
        namespace = self._entry(kinds.NAMESPACE, name, "").object
        if "deletionTimestamp" in namespace["metadata"]:
            why = f"unable to create new content in namespace {name} because it is being terminated"
            raise forbidden(kind, obj["metadata"].get("name", ""), why)

    def _refuse_growth(self, kind: Kind, old: Obj, new: Obj) -> None:
        """Claims grow if their StorageClass lets them (admission PersistentVolumeClaimResize)."""
        if kind is not kinds.PERSISTENT_VOLUME_CLAIM or not strategy.grows(old, new):
            return
        entry = self.store.get(
            kinds.STORAGE_CLASS.bucket, "", new["spec"].get("storageClassName", "")
        )
        if entry is None or not entry.object.get("allowVolumeExpansion"):
            raise forbidden(kind, old["metadata"]["name"], strategy.NO_EXPANSION)

    def _allocate(self, kind: Kind, old: Obj | None, obj: Obj, *, dry_run: bool) -> None:
        if kind is not kinds.SERVICE:
            return
        uid = obj["metadata"]["uid"]
        stored = (entry.object for entry in self.store.entries(kind.bucket))
        others = (other for other in stored if other["metadata"]["uid"] != uid)
        allocation.allocate(obj, others, self._random, old=old, dry_run=dry_run)

    def _replace(
        self, kind: Kind, entry: Entry, obj: Obj, subresource: str, manager: str, *, dry_run: bool
    ) -> Obj:
        """Update `entry` to the object (or Scale) `obj`, and answer in the same form."""
        old = entry.object
        if subresource == "scale":
            return scale.view(self._rescale(kind, old, obj, manager, dry_run=dry_run))
        if subresource == "status":  # the other parts are not taken, so not looked at either
            obj = {
                key: obj[key] for key in ("kind", "apiVersion", "metadata", "status") if key in obj
            }
        new = self._succeed(kind, old, self._decoded(kind, obj), subresource, dry_run=dry_run)
        writer = ownership.Manager(manager, "Update", kind.api_version, subresource)
        new = ownership.tracked(old, new, kind, writer, timestamp(self.now()))
        return _shown(kind, self._store(kind, old, new, dry_run=dry_run))

    def _rescale(self, kind: Kind, old: Obj, sent: Obj, manager: str, *, dry_run: bool) -> Obj:
        """Give the workload the replicas of the Scale `sent`."""
        wanted = scale.decode(sent, old["metadata"]["name"])
        rescaled = self._decoded(kind, scale.rescaled(old, wanted))
        new = self._succeed(kind, old, rescaled, "", dry_run=dry_run)
        new = ownership.scaled(old, new, kind, manager, timestamp(self.now()))
        return self._store(kind, old, new, dry_run=dry_run)

    def _succeed(self, kind: Kind, old: Obj, new: Obj, subresource: str, *, dry_run: bool) -> Obj:
        """The complete and valid successor of `old` that the request `new` asks for."""
        new = strategy.admit_successor(kind, old, new, subresource)
        if kind is kinds.SERVICE and not subresource:
            service_changes.prepare(old, new)
        declared = declarations.of(kind)
        declared.defaults(new)
        if subresource:
            causes = validation.reported(declared.rules, old, new)
        else:
            strategy.count_change(kind, old, new)
            self._refuse_growth(kind, old, new)
            causes = validation.updated(declared.rules, old, new)
        if causes:
            raise invalid(kind, old["metadata"]["name"], causes)
        if not subresource:
            self._allocate(kind, old, new, dry_run=dry_run)
        return new

    def _store(self, kind: Kind, old: Obj, new: Obj, *, dry_run: bool) -> Obj:
        """Commit `new`, unless nothing changed; an object whose last finalizer went is gone."""
        if new == old or dry_run:
            return new
        metadata = new["metadata"]
        finished = "deletionTimestamp" in metadata and not metadata.get("finalizers")
        if finished and not metadata.get("deletionGracePeriodSeconds"):
            return self.store.remove(kind.bucket, new).object
        return self.store.put(kind.bucket, new).object

    def _apply(
        self,
        kind: Kind,
        name: str,
        namespace: str,
        config: Obj,
        subresource: str,
        manager: str,
        *,
        force: bool,
        dry_run: bool,
    ) -> Obj:
        if subresource == "scale":
            raise StatusError(415, "UnsupportedMediaType", "apply is not supported for scale")
        wanted = self._decoded(kind, config)
        if wanted["metadata"].pop("managedFields", None):
            raise bad_request("metadata.managedFields must be nil")
        entry = self.store.get(kind.bucket, namespace, name)
        if entry is None and (wanted["metadata"].get("uid") or subresource):
            raise not_found(kind, name)
        old = entry.object if entry else None
        applier = ownership.Manager(manager, "Apply", kind.api_version, subresource)
        now = timestamp(self.now())
        merged = ownership.applied(old, wanted, kind, applier, force=force, now=now)
        private = _typed(kind.hub, merged)
        if old is None:
            created = self._create(kind, private, namespace, applier, name=name, dry_run=dry_run)
            return _shown(kind, created)
        new = self._succeed(kind, old, private, subresource, dry_run=dry_run)
        return _shown(kind, self._store(kind, old, new, dry_run=dry_run))

    def _delete(self, kind: Kind, obj: Obj, grace: int | None, propagation: Propagation) -> Obj:
        metadata, now = obj["metadata"], self.now()
        finalizers = list(metadata.get("finalizers", []))
        if propagation == "Foreground" and strategy.FOREGROUND not in finalizers:
            finalizers.append(strategy.FOREGROUND)
        waits = strategy.grace_period(kind, obj, grace)
        held = bool(finalizers) or waits > 0 or (kind is kinds.NAMESPACE and self._holds(obj))
        deleting = "deletionTimestamp" in metadata
        if held and deleting and waits >= metadata.get("deletionGracePeriodSeconds", 0):
            return obj
        marked = strategy.marked_deleted(obj, waits, now, finalizers)
        if kind is kinds.NAMESPACE:
            marked["status"] = {**obj["status"], "phase": "Terminating"}
        if held:
            return self.store.put(kind.bucket, marked).object
        last = marked if kind is kinds.POD else dict(obj)
        return self.store.remove(kind.bucket, last).object

    def _holds(self, namespace: Obj) -> bool:
        return not self.store.is_empty(namespace["metadata"]["name"])


def _typed(kind: Kind, obj: Obj) -> Obj:
    """A private, well-typed copy."""
    return decoding.typed(obj, kind, declarations.of(kind).schema)


def _shown(kind: Kind, stored: Obj) -> Obj:
    """A stored object in the form of `kind`."""
    return declarations.of(kind).conversion.from_stored(stored)
