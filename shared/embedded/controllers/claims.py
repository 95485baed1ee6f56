"""Claims: gives each PersistentVolumeClaim a volume, and takes it back when the claim is gone.

Source: Kubernetes `pkg/controller/volume` (persistentvolume, pvcprotection, pvprotection, expand).
Volumes are made on demand by one provisioner, whose volumes are folders of the node; its files the
node agent makes and removes. Claims are not bound to volumes that somebody made by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.controllers.cache import Cache, key_of
from shared.embedded.controllers.pods import claims_of, is_terminating
from shared.embedded.kinds import (
    DEFAULT_CLASS,
    FOLDERS,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    STORAGE_CLASS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Key
    from shared.embedded.controllers.events import Events
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

MANAGER: Final = "kube-controller-manager"
NO_CLASS: Final = "no persistent volumes available for this claim and no storage class is set"
BY_HAND: Final = "volumes are made on demand here: leave volumeName out"
BOUND: Final = {
    "pv.kubernetes.io/bind-completed": "yes",
    "pv.kubernetes.io/bound-by-controller": "yes",
}


class Claims:
    """One write a call; the change that it makes brings the next."""

    def __init__(self, api: Api, cache: Cache, events: Events) -> None:
        self._api = api
        self._cache = cache
        self._events = events

    def keys(self, change: Change) -> Iterator[Key]:
        """The claims that a change concerns; for a volume without claim, ("", its name)."""
        if change.kind is PERSISTENT_VOLUME_CLAIM:
            yield key_of(change.object)
        elif change.kind is PERSISTENT_VOLUME:
            yield _claim_of(change.object) or key_of(change.object)
        elif change.kind is POD:
            for name in claims_of(change.object):
                yield change.object["metadata"].get("namespace", ""), name
        elif change.kind is STORAGE_CLASS and change.type != "DELETED":
            yield from self._cache.all(PERSISTENT_VOLUME_CLAIM)

    def reconcile(self, key: Key) -> float | None:
        """Bring the claim, and the volumes that it had, one step further."""
        claim = self._cache.get(PERSISTENT_VOLUME_CLAIM, key)
        for volume in list(self._cache.all(PERSISTENT_VOLUME).values()):
            if (_claim_of(volume) or key_of(volume)) == key and not _holds(claim, volume):
                self._give_up(volume)
        if claim is None:
            return None
        if is_terminating(claim):
            self._let_go(key, claim)
        elif "volumeName" in claim["spec"]:
            self._keep(claim)
        else:
            self._provide(claim)
        return None

    def _provide(self, claim: Obj) -> None:
        """Find the class of a new claim, make its volume, and bind the two."""
        storage = self._class(claim)
        if storage is None:
            return
        spec, name = claim["spec"], f"pvc-{claim['metadata']['uid']}"
        if "storageClassName" not in spec:
            chosen = {"spec": {"storageClassName": storage["metadata"]["name"]}}
            self._write(PERSISTENT_VOLUME_CLAIM, claim, chosen)
        elif self._cache.get(PERSISTENT_VOLUME, ("", name)) is None:
            self._api.create(PERSISTENT_VOLUME, _volume(name, claim, storage), manager=MANAGER)
            message = f"Successfully provisioned volume {name}"
            self._events.normal(claim, "ProvisioningSucceeded", message)
        else:
            binding = {"metadata": {"annotations": BOUND}, "spec": {"volumeName": name}}
            self._write(PERSISTENT_VOLUME_CLAIM, claim, binding)

    def _class(self, claim: Obj) -> Obj | None:
        """The StorageClass by which a volume can be made here; None, and an Event, if there is
        none."""
        classes = self._cache.all(STORAGE_CLASS)
        name = claim["spec"].get("storageClassName")
        if name is None:
            default = [each for each in classes.values() if _is_default(each)]
            found = max(default, key=lambda each: each["metadata"]["creationTimestamp"], default={})
        else:
            found = classes.get(("", name), {})
        if fault := _fault(claim, found):
            self._events.warning(claim, *fault)
            return None
        return found

    def _keep(self, claim: Obj) -> None:
        """See that volume and claim tell of each other, and grow with what is asked for."""
        volume = self._cache.get(PERSISTENT_VOLUME, ("", claim["spec"]["volumeName"]))
        if volume is None and claim["status"]["phase"] != "Pending":
            self._tell(PERSISTENT_VOLUME_CLAIM, claim, {**claim["status"], "phase": "Lost"})
            return
        if volume is None or not _holds(claim, volume):
            self._events.warning(claim, "FailedBinding", BY_HAND)
            return
        size = {"storage": claim["spec"]["resources"]["requests"]["storage"]}
        if volume["spec"]["capacity"] != size:
            self._write(PERSISTENT_VOLUME, volume, {"spec": {"capacity": size}})
        self._tell(PERSISTENT_VOLUME, volume, {"phase": "Bound"})
        bound = {"phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": size}
        self._tell(PERSISTENT_VOLUME_CLAIM, claim, bound)

    def _let_go(self, key: Key, claim: Obj) -> None:
        """A claim that is deleted goes when no pod that was given to a node has it."""
        if not any(pod["spec"].get("nodeName") for pod in self._cache.users(key)):
            self._unprotect(PERSISTENT_VOLUME_CLAIM, claim)

    def _give_up(self, volume: Obj) -> None:
        """What becomes of a volume that no claim has."""
        if is_terminating(volume):
            self._unprotect(PERSISTENT_VOLUME, volume)
        elif "claimRef" not in volume["spec"]:
            self._tell(PERSISTENT_VOLUME, volume, {"phase": "Available"})
        elif volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete":
            self._api.delete(PERSISTENT_VOLUME, volume["metadata"]["name"])
        else:
            self._tell(PERSISTENT_VOLUME, volume, {"phase": "Released"})

    def _unprotect(self, kind: Kind, obj: Obj) -> None:
        metadata = obj["metadata"]
        left = [each for each in metadata.get("finalizers", []) if each != kind.protected_by]
        if left != metadata.get("finalizers", []):
            body = {**obj, "metadata": {**metadata, "finalizers": left}}
            self._api.update(kind, body, manager=MANAGER)

    def _write(self, kind: Kind, obj: Obj, body: Obj) -> None:
        namespace, name = key_of(obj)
        self._api.patch(kind, name, namespace, body, manager=MANAGER)

    def _tell(self, kind: Kind, obj: Obj, status: Obj) -> None:
        if obj["status"] != status:
            body = {**obj, "status": status}
            self._api.update(kind, body, subresource="status", manager=MANAGER)


def _fault(claim: Obj, storage: Obj) -> tuple[str, str] | None:
    """(reason, message) of why no volume is made of `storage`, empty if there is no such class."""
    name = claim["spec"].get("storageClassName")
    if not storage:
        if name:
            return "ProvisioningFailed", f'storageclass.storage.k8s.io "{name}" not found'
        return "FailedBinding", NO_CLASS
    if storage["provisioner"] != FOLDERS:
        why = f"nothing here serves the provisioner {storage['provisioner']}; take the class "
        return "ProvisioningFailed", f"{why}standard"
    if claim["spec"]["volumeMode"] != "Filesystem":
        return "ProvisioningFailed", "volumes are folders here: volumeMode must be Filesystem"
    return None


def _volume(name: str, claim: Obj, storage: Obj) -> Obj:
    """The PersistentVolume made for a claim."""
    namespace, claim_name = key_of(claim)
    reference = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": namespace,
        "name": claim_name,
        "uid": claim["metadata"]["uid"],
    }
    spec = {
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        "accessModes": claim["spec"]["accessModes"],
        "claimRef": reference,
        "persistentVolumeReclaimPolicy": storage["reclaimPolicy"],
        "storageClassName": storage["metadata"]["name"],
        "csi": {"driver": FOLDERS, "volumeHandle": f"{name}_{namespace}_{claim_name}"},
    }
    annotations = {"pv.kubernetes.io/provisioned-by": FOLDERS}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": annotations},
        "spec": spec,
    }


def _claim_of(volume: Obj) -> Key | None:
    reference = volume["spec"].get("claimRef")
    return (reference["namespace"], reference["name"]) if reference else None


def _holds(claim: Obj | None, volume: Obj) -> bool:
    """The volume is that of this very claim, not of one that had its name before."""
    reference = volume["spec"].get("claimRef")
    if claim is None or reference is None:
        return False
    return bool(reference.get("uid") == claim["metadata"]["uid"])


def _is_default(storage: Obj) -> bool:
    return (storage["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
