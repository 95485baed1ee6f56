"""What happens to an object between a request and the store: system fields, status, generation.

Pure. The rules of k8s.io/apiserver registry/rest (BeforeCreate, BeforeUpdate, BeforeDelete).
Called by `operations`; time, uid and the random suffix are arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded import kinds
from shared.embedded.errors import bad_request, conflict, invalid, modified
from shared.embedded.schema.times import timestamp
from shared.embedded.validation import checks
from shared.service.quantity import parse

if TYPE_CHECKING:
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

SUFFIX_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
SUFFIX_LENGTH: Final = 5
FOREGROUND: Final = "foregroundDeletion"
NO_EXPANSION: Final = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc "
    "must support resize"
)

_LONGEST_BASE: Final = 63 - SUFFIX_LENGTH
_SYSTEM: Final = (
    *("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"),
    *("generation", "selfLink"),
)


def admit_new(
    kind: Kind, obj: Obj, namespace: str, *, name: str, uid: str, suffix: str, now: float
) -> None:
    """Give a new object its system fields, in place. `name` is that of the URL, if it has one."""
    metadata = obj["metadata"]
    _same_place(kind, metadata, namespace, name)
    if metadata.get("resourceVersion"):
        raise bad_request("resourceVersion should not be set on objects to be created")
    for field in _SYSTEM:
        metadata.pop(field, None)
    if kind.namespaced:
        metadata["namespace"] = namespace
    if not metadata.get("name") and (base := metadata.get("generateName")):
        metadata["name"] = base[:_LONGEST_BASE] + suffix
    metadata["uid"] = uid
    metadata["creationTimestamp"] = timestamp(now)
    if kind.generation:
        metadata["generation"] = 1
    if kind.protected_by:
        others = [each for each in metadata.get("finalizers", []) if each != kind.protected_by]
        metadata["finalizers"] = [*others, kind.protected_by]
    if kind.subresource("status") and not kind.starts_with_status:
        obj.pop("status", None)


def admit_successor(kind: Kind, old: Obj, new: Obj, subresource: str) -> Obj:
    """`new` with the parts that this endpoint may not change taken from `old`.

    Raises 409 when `new` was made from another version or another incarnation of the object.
    """
    name = old["metadata"]["name"]
    _check_incarnation(kind, old, new)
    if subresource == "status":
        merged = {**old, "status": new.get("status", {})}
        merged["metadata"] = _annotated(old["metadata"], new["metadata"])
    else:
        merged = {**new, "metadata": dict(new["metadata"])}
        if kind.subresource("status"):
            merged["status"] = old.get("status", {})
    _keep_system_fields(merged["metadata"], old["metadata"])
    merged["metadata"]["name"] = name
    return merged


def count_change(kind: Kind, old: Obj, new: Obj) -> None:
    """Raise metadata.generation, in place, when the desired state is another than before."""
    if kind.generation and _desired(kind, old) != _desired(kind, new):
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def grows(old: Obj, new: Obj) -> bool:
    """Whether a bound claim is to be larger than before; what is no size is left to validation."""
    before, after = (
        obj["spec"].get("resources", {}).get("requests", {}).get("storage", 0) for obj in (old, new)
    )
    try:
        return bool(
            old["status"].get("phase") == "Bound" and parse(str(after)) > parse(str(before))
        )
    except ValueError:
        return False


def marked_deleted(obj: Obj, grace: int, now: float, finalizers: list[str]) -> Obj:
    """`obj` on its way out: gone after `grace` seconds, or when its finalizers are."""
    metadata = {**obj["metadata"], "deletionGracePeriodSeconds": grace}
    if "deletionTimestamp" not in metadata and "generation" in metadata:
        metadata["generation"] += 1
    metadata["deletionTimestamp"] = timestamp(now + grace)
    if finalizers:
        metadata["finalizers"] = finalizers
    return {**obj, "metadata": metadata}


def grace_period(kind: Kind, obj: Obj, asked: int | None) -> int:
    """Seconds until an object deleted now is gone; only pods that run somewhere have any."""
    if kind is not kinds.POD:
        return 0
    spec, phase = obj["spec"], obj["status"].get("phase")
    if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    own: int = spec["terminationGracePeriodSeconds"]
    return max(own if asked is None else asked, 0)


def check_preconditions(kind: Kind, obj: Obj, uid: str, resource_version: str) -> None:
    """The uid and resourceVersion that a delete is bound to; empty ones match."""
    metadata = obj["metadata"]
    if uid and uid != metadata["uid"]:
        raise _precondition(kind, metadata["name"], "UID", uid, metadata["uid"], "deleted and then "
                            "recreated")  # fmt: skip
    current = metadata["resourceVersion"]
    if resource_version and resource_version != current:
        raise _precondition(
            kind, metadata["name"], "ResourceVersion", resource_version, current, "modified"
        )


def _precondition(
    kind: Kind, name: str, what: str, wanted: str, found: str, happened: str
) -> Exception:
    return conflict(
        kind,
        name,
        f"the {what} in the precondition ({wanted}) does not match the {what} in record "
        f"({found}). The object might have been {happened}",
    )


def _same_place(kind: Kind, metadata: Obj, namespace: str, name: str) -> None:
    if kind.namespaced and metadata.get("namespace", namespace) != namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if name and metadata.setdefault("name", name) != name:
        raise bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL "
            f"({name})"
        )


def _check_incarnation(kind: Kind, old: Obj, new: Obj) -> None:
    before, after = old["metadata"], new["metadata"]
    _same_place(kind, after, before.get("namespace", ""), before["name"])
    if after.get("uid") and after["uid"] != before["uid"]:
        why = (
            f"Precondition failed: UID in precondition: {after['uid']}, UID in object meta: "
            f"{before['uid']}"
        )
        raise conflict(kind, before["name"], why)
    version = after.get("resourceVersion")
    if not version and kind.needs_version:
        cause = checks.invalid("metadata.resourceVersion", "", "must be specified for an update")
        raise invalid(kind, before["name"], [cause])
    if version and version != before["resourceVersion"]:
        raise modified(kind, before["name"])


def _keep_system_fields(metadata: Obj, old: Obj) -> None:
    for field in (*_SYSTEM, "namespace", "generateName", "resourceVersion"):
        if field in old:
            metadata[field] = old[field]
        else:
            metadata.pop(field, None)


def _annotated(old: Obj, new: Obj) -> Obj:
    """Of the metadata, a status writer may change the annotations (Deployments keep their revision
    there)."""
    metadata = {key: value for key, value in old.items() if key != "annotations"}
    return {**metadata, **{key: new[key] for key in ("annotations",) if key in new}}


def _desired(kind: Kind, obj: Obj) -> Obj:
    """All but metadata and status; of some kinds the annotations too."""
    wanted = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    if kind.counts_annotations:
        wanted["annotations"] = obj["metadata"].get("annotations", {})
    return wanted
