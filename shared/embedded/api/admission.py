"""What depends on other objects: new content has a place, claims may grow, addresses are free.

Called by `operations` with the store, which it only reads. The rules of Kubernetes' admission
plugins NamespaceLifecycle and PersistentVolumeClaimResize, and of its allocators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded import kinds
from shared.embedded.api import allocation, pod_admission, service_changes, strategy
from shared.embedded.errors import forbidden, not_found, terminating

if TYPE_CHECKING:
    from random import Random

    from shared.embedded.kinds import Kind
    from shared.embedded.storage.store import Store
    from shared.service.objects import Obj


def prepare(store: Store, kind: Kind, obj: Obj) -> None:
    """Make a new object, in place, what its defaults and rules start from; raises 403."""
    if kind is kinds.SERVICE:
        service_changes.prepare(None, obj)
    elif kind is kinds.POD:
        name = (obj.get("spec") or {}).get("priorityClassName") or ""
        entry = store.get(kinds.PRIORITY_CLASS.bucket, "", name)
        pod_admission.admit(obj, entry.object if entry is not None else None)


def refuse_place(store: Store, kind: Kind, obj: Obj) -> None:
    """A namespaced object needs a namespace that is there and not on its way out."""
    if not kind.namespaced:
        return
    name = obj["metadata"]["namespace"]
    entry = store.get(kinds.NAMESPACE.bucket, "", name)
    if entry is None:
        raise not_found(kinds.NAMESPACE, name)
    if "deletionTimestamp" in entry.object["metadata"]:
        raise terminating(kind, obj["metadata"].get("name", ""), name)
    if kind is kinds.POD:
        _refuse_account(store, obj)


def _refuse_account(store: Store, pod: Obj) -> None:
    """A pod needs its service account. The default one comes by itself, some time: no pod waits."""
    name = pod["spec"].get("serviceAccountName") or pod_admission.DEFAULT_ACCOUNT
    if name == pod_admission.DEFAULT_ACCOUNT:
        return
    if store.get(kinds.SERVICE_ACCOUNT.bucket, pod["metadata"]["namespace"], name) is None:
        raise pod_admission.no_account(pod, name)


def refuse_growth(store: Store, kind: Kind, old: Obj, new: Obj) -> None:
    """Claims grow if their StorageClass lets them."""
    if kind is not kinds.PERSISTENT_VOLUME_CLAIM or not strategy.grows(old, new):
        return
    entry = store.get(kinds.STORAGE_CLASS.bucket, "", new["spec"].get("storageClassName", ""))
    if entry is None or not entry.object.get("allowVolumeExpansion"):
        raise forbidden(kind, old["metadata"]["name"], strategy.NO_EXPANSION)


def allocate(
    store: Store, kind: Kind, old: Obj | None, obj: Obj, random: Random, *, dry_run: bool
) -> None:
    """Give a Service, in place, the addresses and ports that no other has."""
    if kind is not kinds.SERVICE:
        return
    uid = obj["metadata"]["uid"]
    stored = (entry.object for entry in store.entries(kind.bucket))
    others = (other for other in stored if other["metadata"]["uid"] != uid)
    allocation.allocate(obj, others, random, old=old, dry_run=dry_run)
