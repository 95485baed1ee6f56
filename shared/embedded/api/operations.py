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
from shared.embedded.api import (
    admission,
    binding,
    deletion,
    forms,
    ownership,
    patching,
    scale,
    service_changes,
    strategy,
    typed_patch,
)
from shared.embedded.api.field_validation import FieldValidation
from shared.embedded.api.garbage import Garbage
from shared.embedded.errors import (
    UndecodableError,
    already_exists,
    invalid,
    not_found,
)
from shared.embedded.schema.field_selectors import field_predicate
from shared.embedded.schema.selectors import label_predicate
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.embedded.api.deletion import Propagation
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
        self.before_reading: dict[Kind, Callable[[], None]] = {}  # of what is made when asked for

    def get(self, kind: Kind, name: str, namespace: str = "") -> Obj:
        return forms.shown(kind, self._entry(kind, name, namespace).object)

    def find(self, kind: Kind, name: str, namespace: str = "") -> Obj | None:
        """The object, or None when there is none."""
        entry = self.store.get(kind.bucket, namespace, name)
        return forms.shown(kind, entry.object) if entry else None

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
        stored = forms.stored(kind, obj)
        writer = ownership.Manager(manager, "Update", kind.api_version)
        stored["metadata"].pop("managedFields", None)
        created = self._create(kind, stored, namespace, writer, name=name, dry_run=dry_run)
        return forms.shown(kind, created)

    def update(
        self,
        kind: Kind,
        obj: Obj,
        *,
        subresource: Literal["", "status", "scale"] = "",
        manager: str,
        dry_run: bool = False,
    ) -> Obj:
        """Replace; a metadata.resourceVersion that is not the current one is a 409 Conflict.

        Some kinds are created when there is no such object.
        """
        metadata = obj.get("metadata") or {}
        name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
        if kind.created_by_update and not subresource and not self.find(kind, name, namespace):
            fresh = {**obj, "metadata": {**metadata, "resourceVersion": ""}}
            return self.create(kind, fresh, namespace, manager=manager, dry_run=dry_run)
        entry = self._entry(kind, name, namespace)
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
        fields: FieldValidation | None = None,
    ) -> Obj:
        """Patch; `apply` creates what does not exist. `fields`: what becomes of unknown ones."""
        if patch_type == "apply":
            return self._apply(
                kind, name, namespace, body, subresource, manager, force=force, dry_run=dry_run
            )
        entry = self._entry(kind, name, namespace)
        current = forms.shown(kind, entry.object)
        target = scale.view(current) if subresource == "scale" else current
        patched = patching.patched(kind, target, body, patch_type)
        try:
            return self._replace(
                kind, entry, patched, subresource, manager, dry_run=dry_run,
                patch=fields or FieldValidation(),
            )  # fmt: skip
        except UndecodableError as error:
            if subresource == "scale":
                metadata = {**target["metadata"], "managedFields": ownership.of_scale(current)}
                target = {**target, "metadata": metadata}
            raise patching.unfit(kind, target, body, patch_type, error.why) from error

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
        propagation: Propagation | None = None,
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Delete or begin to delete. A bound pod stays, with deletionTimestamp, until a delete
        with `grace=0` (the node agent's last word); `deletion.lingers` tells what the answer means.
        """
        obj = self._entry(kind, name, namespace).object
        deletion.check_preconditions(kind, obj, uid, resource_version)
        if kind is kinds.NAMESPACE and "deletionTimestamp" in obj["metadata"]:
            return self._finish(obj, dry_run=dry_run)
        after = deletion.begun(kind, obj, grace=grace, propagation=propagation, now=self.now())
        if dry_run or after.object is obj:
            return forms.shown(kind, after.object)
        commit = self.store.remove if after.gone else self.store.put
        return forms.shown(kind, commit(kind.bucket, after.object).object)

    def bind(self, name: str, namespace: str, node: str, *, dry_run: bool = False) -> None:
        """Give the pod to a node (pods/binding)."""
        pod = self._entry(kinds.POD, name, namespace).object
        bound = binding.bound(pod, node, self.now())
        if not dry_run:
            self.store.put(kinds.POD.bucket, bound)

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
        given = ownership.unstated(kind, obj)
        bits = self._random.getrandbits(128)
        letters = self._random.choices(strategy.SUFFIX_ALPHABET, k=strategy.SUFFIX_LENGTH)
        now = self.now()
        strategy.admit_new(
            kind, obj, namespace, name=name, uid=str(UUID(int=bits, version=4)),
            suffix="".join(letters), now=now,
        )  # fmt: skip
        admission.prepare(self.store, kind, obj)
        declared = declarations.of(kind)
        declared.defaults(obj)
        admission.refuse_place(self.store, kind, obj)
        if causes := validation.created(declared.rules, obj):
            raise invalid(kind, obj["metadata"].get("name", ""), causes)
        if self.store.get(kind.bucket, namespace, obj["metadata"]["name"]):
            raise already_exists(kind, obj["metadata"]["name"])
        if not dry_run:
            strategy.refuse_version(obj)
            obj["metadata"].pop("resourceVersion", None)
        admission.allocate(self.store, kind, None, obj, self._random, dry_run=dry_run)
        if writer.operation == "Update":
            obj = ownership.tracked(None, obj, kind, writer, timestamp(now), given=given)
        return obj if dry_run else self.store.put(kind.bucket, obj).object

    def _replace(
        self,
        kind: Kind,
        entry: Entry,
        obj: Obj,
        subresource: str,
        manager: str,
        *,
        dry_run: bool,
        patch: FieldValidation | None = None,
    ) -> Obj:
        """Update `entry` to the object (or Scale) `obj`, and answer in the same form.

        patch: what becomes of fields that a patch has brought and nobody knows.
        """
        old = entry.object
        if subresource == "scale":
            writer = ownership.Manager(manager, "Update", kind.api_version, "scale")
            return scale.view(self._rescale(kind, old, obj, writer, dry_run=dry_run))
        if subresource == "status":  # the other parts are not taken, so not looked at either
            obj = {
                key: obj[key] for key in ("kind", "apiVersion", "metadata", "status") if key in obj
            }
        wanted = forms.stored(kind, obj, patch.found if patch else None)
        if patch:
            patch.check(kind)
        given = ownership.unstated(kind, wanted)
        new = self._succeed(
            kind, old, wanted, subresource, patched=patch is not None, dry_run=dry_run
        )
        writer = ownership.Manager(manager, "Update", kind.api_version, subresource)
        new = ownership.tracked(old, new, kind, writer, timestamp(self.now()), given=given)
        return forms.shown(kind, self._store(kind, old, new, dry_run=dry_run))

    def _rescale(
        self, kind: Kind, old: Obj, sent: Obj, writer: ownership.Manager, *, dry_run: bool
    ) -> Obj:
        """Give the workload the replicas of the Scale `sent`."""
        wanted = scale.decode(sent, old["metadata"]["name"])
        rescaled = forms.stored(kind, scale.rescaled(old, wanted))
        new = self._succeed(kind, old, rescaled, "", dry_run=dry_run)
        new = ownership.scaled(old, new, writer)
        return self._store(kind, old, new, dry_run=dry_run)

    def _succeed(
        self,
        kind: Kind,
        old: Obj,
        new: Obj,
        subresource: str,
        *,
        dry_run: bool,
        patched: bool = False,
    ) -> Obj:
        """The complete and valid successor of `old` that the request `new` asks for."""
        new = strategy.admit_successor(kind, old, new, subresource, patched=patched)
        if kind is kinds.SERVICE and not subresource:
            service_changes.prepare(old, new)
        declared = declarations.of(kind)
        declared.defaults(new)
        if subresource:
            causes = validation.reported(declared.rules, old, new)
        else:
            strategy.count_change(kind, old, new)
            admission.refuse_growth(self.store, kind, old, new)
            causes = validation.updated(declared.rules, old, new)
        if causes:
            raise invalid(kind, old["metadata"]["name"], causes)
        if not subresource:
            admission.allocate(self.store, kind, old, new, self._random, dry_run=dry_run)
        return new

    def _store(self, kind: Kind, old: Obj, new: Obj, *, dry_run: bool) -> Obj:
        """Commit `new`, unless nothing changed; an object whose last finalizer went is gone."""
        if new == old or dry_run:
            return new
        metadata = new["metadata"]
        finished = "deletionTimestamp" in metadata and not metadata.get("finalizers")
        if kind is kinds.NAMESPACE:
            finished = finished and self.store.is_empty(metadata["name"])
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
        entry = self.store.get(kind.bucket, namespace, name)
        if entry is None and subresource:
            raise not_found(kind, name)
        old = entry.object if entry else None
        now = timestamp(self.now())
        applier = ownership.Manager(manager, "Apply", kind.api_version, subresource)
        if old is not None and subresource == "scale":
            typed_patch.check(config, scale.API_VERSION, scale.KIND, scale.SCHEMA)
            ownership.check_scale(old, config, applier, force=force)
            return scale.view(self._rescale(kind, old, config, applier, dry_run=dry_run))
        typed_patch.check(config, kind.api_version, kind.kind, declarations.of(kind).schema)
        wanted = forms.stored(kind, config, whole=True)
        merged = ownership.applied(old, wanted, kind, applier, force=force, now=now)
        private = forms.typed(kind.hub, merged)
        if old is None:
            metadata = private["metadata"]
            metadata.pop("resourceVersion", None)
            if uid := metadata.get("uid"):
                raise invalid(kind, name, strategy.other_uid(uid))
            created = self._create(kind, private, namespace, applier, name=name, dry_run=dry_run)
            return forms.shown(kind, created)
        new = self._succeed(kind, old, private, subresource, patched=True, dry_run=dry_run)
        return forms.shown(kind, self._store(kind, old, new, dry_run=dry_run))

    def _finish(self, namespace: Obj, *, dry_run: bool) -> Obj:
        """Let a namespace go that is on its way out, once nothing is left in it."""
        metadata = namespace["metadata"]
        if dry_run or metadata.get("finalizers") or not self.store.is_empty(metadata["name"]):
            return namespace
        return self.store.remove(kinds.NAMESPACE.bucket, dict(namespace)).object
