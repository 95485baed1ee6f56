"""The PersistentVolumeClaim behind the volume of a service, and what may become of it. Pure.

Names, labels and access mode are OSCAR's. A claim that is to go with its service is owned by the
service's ConfigMap, and garbage collection removes it with the rest; any other belongs to nobody
and stays, for the next service of that name. A claim is never taken from another service or user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.management.objects.render import owner
from gateway.management.problems import RefusalError, invalid
from shared.service import names, quantity, stored
from shared.service.model import ADMINISTRATOR
from shared.service.objects import annotations_of, labels_of

if TYPE_CHECKING:
    from gateway.management.objects.policy import Policy
    from shared.service.model import Service, Volume
    from shared.service.objects import Obj

KIND: Final = "PersistentVolumeClaim"
MADE_BY: Final = "oscar.grycap/volume-created-by-service"
POLICY_LABEL: Final = "oscar.grycap/volume-lifecycle-policy"
OWNER_USER: Final = "oscar.grycap/owner-user"
"""Annotation: the user whose service made the claim."""


def claim(service: Service, volume: Volume, policy: Policy, owner_uid: str) -> Obj:
    """The claim of a new volume; `owner_uid` is that of the service's ConfigMap."""
    spec: Obj = {
        "accessModes": [policy.access_mode],
        "resources": {"requests": {"storage": volume.size}},
    }
    if policy.storage_class:
        spec["storageClassName"] = policy.storage_class
    metadata = {
        "name": volume.name,
        "labels": {
            names.SERVICE_LABEL: service.name,
            "oscar.grycap/managed-volume": "true",
            "oscar.grycap/volume-name": volume.name,
            "oscar.grycap/volume-creation-mode": "service",
            MADE_BY: service.name,
            POLICY_LABEL: volume.lifecycle_policy,
        },
        "annotations": {OWNER_USER: service.owner},
        "ownerReferences": [owner(service.name, owner_uid)],
    }
    return {"apiVersion": "v1", "kind": KIND, "metadata": metadata, "spec": spec}


def own(service: Service) -> Volume | None:
    """The volume that the service makes; None if it has none, or one that is there already."""
    return service.volume if service.volume and service.volume.size and service.expose else None


def stated(root: Obj | None) -> str:
    """The name of the claim that the service of a ConfigMap makes; "" if it makes none, and for a
    ConfigMap that cannot be read."""
    text = ((root or {}).get("data") or {}).get(names.DEFINITION_KEY, "")
    if root is None or "volume:" not in text:  # most have none, and reading them takes a while
        return ""
    try:
        volume = own(stored.read(root).definition)
    except stored.StoredError:
        return ""
    return volume.name if volume is not None else ""


def marked(found: Obj, service: Service, volume: Volume, owner_uid: str) -> Obj:
    """What is to be merged into the metadata of the claim that is there; empty if nothing is.

    One that is to go with the service gets it as owner. Class and access mode cannot change.
    """
    metadata = found["metadata"]
    patch: Obj = {}
    labels = {names.SERVICE_LABEL: service.name, POLICY_LABEL: volume.lifecycle_policy}
    if labels.items() - labels_of(found).items():
        patch["labels"] = labels
    owners = [*other_owners(found, service), owner(service.name, owner_uid)]
    if volume.lifecycle_policy == "delete" and owners != metadata.get("ownerReferences"):
        patch["ownerReferences"] = owners
    return {"metadata": patch} if patch else {}


def other_owners(found: Obj | None, service: Service) -> list[Obj]:
    """Who owns the claim besides the service."""
    owners = found["metadata"].get("ownerReferences") or [] if found is not None else []
    return [
        one for one in owners if (one.get("kind"), one.get("name")) != ("ConfigMap", service.name)
    ]


def grows(found: Obj, volume: Volume) -> bool:
    """Whether the claim is smaller than it is to be; it never shrinks."""
    return quantity.parse(volume.size) > quantity.parse(size_of(found))


def refusal(
    found: Obj | None, service: Service, volume: Volume, before: Volume | None, policy: Policy
) -> RefusalError | None:
    """Why the service cannot have this volume; None if it can.

    found: the claim of that name; before: the volume of the definition that is replaced.
    """
    if not volume.size:
        return _not_yours(found, service)
    if found is None:
        return _too_large(volume, policy)
    if not is_of(found, service):
        return RefusalError(409, another(volume, found))
    if grows(found, volume):
        return _cannot_grow(found, volume, policy) or _too_large(volume, policy)
    earlier = before.size if before is not None and before.name == volume.name else ""
    if earlier and quantity.parse(volume.size) < quantity.parse(earlier):
        return invalid(
            [
                f"volume.size: {volume.name} has {size_of(found)} and volumes never shrink; write "
                f"{size_of(found)}, or give another volume.name"
            ]
        )
    return None


def notes(
    found: Obj | None, service: Service, before: Volume | None, policy: Policy
) -> tuple[str, ...]:
    """What the user should know of the volume that he gets, as `path: sentence`.

    before: the volume of the definition that is replaced, None for a new service.
    """
    told, volume = [], service.volume
    if before is not None and before.size and (volume is None or volume.name != before.name):
        told.append(kept(before, policy.namespace))
    if volume is None:
        return tuple(told)
    if found is None and not volume.size:
        told.append(f"volume.name: there is no volume {volume.name} yet; pods wait until there is")
    if found is not None and volume.size and (before is None or before.name != volume.name):
        told.append(
            f"volume: {volume.name} ({size_of(found)}) is there from before; it is used with all "
            "that it holds"
        )
    if found is not None and "deletionTimestamp" in found["metadata"]:
        told.append(f"volume: {volume.name} is being deleted; pods wait until it is made anew")
    modes = found["spec"]["accessModes"] if found is not None else [policy.access_mode]
    if service.expose and service.expose.max_scale > 1 and "ReadWriteMany" not in modes:
        told.append(
            f"volume: {volume.name} is {', '.join(modes)}: one node mounts it, so all pods must "
            "run there; set expose.max_scale to 1, or have a volume that is ReadWriteMany"
        )
    return tuple(told)


def may_not_grow(name: str, why: str) -> RefusalError:
    """What is said when the cluster refuses; a StorageClass need not let its volumes grow."""
    return invalid([f"volume.size: the cluster does not let {name} grow: {why}"])


def kept(volume: Volume, namespace: str) -> str:
    """What is said of a volume that stays behind."""
    if volume.lifecycle_policy == "delete":
        return f"volume: {volume.name} stays until the service is deleted"
    return (
        f"volume: {volume.name} is kept; kubectl delete pvc {volume.name} -n {namespace} "
        "removes it with all that it holds"
    )


def another(volume: Volume, found: Obj) -> str:
    """What is said of a volume that is another service's, or nobody's."""
    return (
        f"A managed volume with the provided name already exists: volume.name: {volume.name} "
        f"belongs to {_holder(found)}; choose another name, or mount it without a size"
    )


def size_of(found: Obj) -> str:
    """What the claim asks for, as it stands there."""
    return str(found["spec"]["resources"]["requests"]["storage"])


def _not_yours(found: Obj | None, service: Service) -> RefusalError | None:
    """Only the administrator mounts what others made, or what is not there yet: it may become
    somebody else's."""
    if service.owner == ADMINISTRATOR or (found is not None and _user(found) == service.owner):
        return None
    return RefusalError(
        400,
        "Referenced volume does not exist in the caller namespace: volume.name: name a volume of "
        "a service of yours, or give volume.size for a new one",
    )


def is_of(found: Obj, service: Service) -> bool:
    """Whether the claim is that of this service, or of one of its name and owner before it."""
    return _made_by(found) == service.name and _user(found) == service.owner


def _holder(found: Obj) -> str:
    made_by = _made_by(found)
    return f"service {made_by}" if made_by else "no service"


def _made_by(found: Obj) -> str:
    labels = labels_of(found)
    return labels.get(names.SERVICE_LABEL) or labels.get(MADE_BY) or ""


def _user(found: Obj) -> str:
    return annotations_of(found).get(OWNER_USER) or ADMINISTRATOR


def _cannot_grow(found: Obj, volume: Volume, policy: Policy) -> RefusalError | None:
    if (found.get("status") or {}).get("phase") == "Bound":
        return None
    return invalid(
        [
            f"volume.size: {volume.name} cannot grow before it is bound; kubectl describe pvc "
            f"{volume.name} -n {policy.namespace} says what it waits for"
        ]
    )


def _too_large(volume: Volume, policy: Policy) -> RefusalError | None:
    if quantity.parse(volume.size) <= quantity.parse(policy.largest_volume):
        return None
    return invalid(
        [
            f"volume.size: {volume.size} is above {policy.largest_volume}, the most that this "
            "cluster gives a service (MANAGEMENT_VOLUME_MAX_SIZE)"
        ]
    )
