"""The PersistentVolumeClaim behind the volume of a service, and what may become of it. Pure.

Names, labels and access mode are OSCAR's. A claim that is to go with its service is owned by the
service's ConfigMap, and garbage collection removes it with the rest; any other belongs to nobody
and stays, for the next service of that name. A claim is never taken from another service or user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.management.problems import RefusalError, invalid
from shared.service import names, quantity
from shared.service.model import ADMINISTRATOR

if TYPE_CHECKING:
    from gateway.management.objects.policy import Policy
    from shared.service.model import Service, Volume
    from shared.service.objects import Obj

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
        "namespace": names.NAMESPACE,
        "labels": {
            names.SERVICE_LABEL: service.name,
            "oscar.grycap/managed-volume": "true",
            "oscar.grycap/volume-name": volume.name,
            "oscar.grycap/volume-creation-mode": "service",
            MADE_BY: service.name,
            POLICY_LABEL: volume.lifecycle_policy,
        },
        "annotations": {OWNER_USER: service.owner},
        "ownerReferences": _owners(service, volume, owner_uid, []),
    }
    kind = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    return {**kind, "metadata": metadata, "spec": spec}


def changes(found: Obj, service: Service, volume: Volume, owner_uid: str) -> Obj:
    """What is to be patched (by merge) in the claim that is there; empty if nothing is.

    It never shrinks, and class and access mode stay as they are, for they cannot change.
    """
    metadata, patch = found["metadata"], {}
    before = metadata.get("ownerReferences") or []
    owners = _owners(service, volume, owner_uid, before)
    labels = {names.SERVICE_LABEL: service.name, POLICY_LABEL: volume.lifecycle_policy}
    if owners != before or labels.items() - (metadata.get("labels") or {}).items():
        patch["metadata"] = {
            "labels": labels,
            "ownerReferences": owners,
            "resourceVersion": metadata["resourceVersion"],
        }
    if _grows(found, volume):
        patch["spec"] = {"resources": {"requests": {"storage": volume.size}}}
    return patch


def is_left_behind(found: Obj, service: Service, owner_uid: str) -> bool:
    """Whether the claim is to go with an earlier service of this name, which is deleted already."""
    owners = found["metadata"].get("ownerReferences") or []
    return any(_is_root(one, service) and one.get("uid") != owner_uid for one in owners)


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
        return another(volume, found)
    if "deletionTimestamp" in found["metadata"]:
        return leaving(volume)
    if _grows(found, volume):
        return _cannot_grow(found, volume) or _too_large(volume, policy)
    stated = before.size if before is not None and before.name == volume.name else ""
    if stated and quantity.parse(volume.size) < quantity.parse(stated):
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
        told.append(kept(before))
    if volume is None:
        return tuple(told)
    if found is None and not volume.size:
        told.append(f"volume.name: there is no volume {volume.name} yet; pods wait until there is")
    if found is not None and volume.size and (before is None or before.name != volume.name):
        told.append(
            f"volume: {volume.name} ({size_of(found)}) is there from before; it is used with all "
            "that it holds"
        )
    modes = found["spec"]["accessModes"] if found is not None else [policy.access_mode]
    if service.expose and service.expose.max_scale > 1 and "ReadWriteMany" not in modes:
        told.append(
            f"volume: {volume.name} is {', '.join(modes)}: all pods run on one node, and wait "
            "when it is full; set expose.max_scale to 1, or have a volume that is ReadWriteMany"
        )
    return tuple(told)


def kept(volume: Volume) -> str:
    """What is said of a volume that stays behind."""
    return (
        f"volume: {volume.name} is kept; kubectl delete pvc {volume.name} -n {names.NAMESPACE} "
        "removes it with all that it holds"
    )


def another(volume: Volume, found: Obj) -> RefusalError:
    """What is said of a volume that is another service's, or nobody's."""
    return RefusalError(
        409,
        f"A managed volume with the provided name already exists: volume.name: {volume.name} "
        f"belongs to {_holder(found)}; choose another name, or mount it without a size",
    )


def leaving(volume: Volume) -> RefusalError:
    """What is said of a volume that is being deleted."""
    return RefusalError(
        409,
        f"volume.name: {volume.name} of an earlier service is being deleted; try again when "
        f"kubectl get pvc {volume.name} -n {names.NAMESPACE} finds nothing, or choose another name",
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
    labels = found["metadata"].get("labels") or {}
    made_by = labels.get(names.SERVICE_LABEL) or labels.get(MADE_BY)
    return bool(made_by == service.name) and _user(found) == service.owner


def _holder(found: Obj) -> str:
    labels = found["metadata"].get("labels") or {}
    made_by = labels.get(names.SERVICE_LABEL) or labels.get(MADE_BY)
    return f"service {made_by}" if made_by else "no service"


def _user(found: Obj) -> str:
    annotations = found["metadata"].get("annotations") or {}
    return str(annotations.get(OWNER_USER) or ADMINISTRATOR)


def _grows(found: Obj, volume: Volume) -> bool:
    return quantity.parse(volume.size) > quantity.parse(size_of(found))


def _cannot_grow(found: Obj, volume: Volume) -> RefusalError | None:
    if (found.get("status") or {}).get("phase") == "Bound":
        return None
    return invalid(
        [
            f"volume.size: {volume.name} cannot grow before it is bound; kubectl describe pvc "
            f"{volume.name} -n {names.NAMESPACE} says what it waits for"
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


def _owners(service: Service, volume: Volume, owner_uid: str, before: list[Obj]) -> list[Obj]:
    others = [one for one in before if not _is_root(one, service)]
    if volume.lifecycle_policy != "delete":
        return others
    root = {"apiVersion": "v1", "kind": "ConfigMap", "name": service.name, "uid": owner_uid}
    return [*others, root]


def _is_root(owner: Obj, service: Service) -> bool:
    return bool(owner.get("kind") == "ConfigMap" and owner.get("name") == service.name)
