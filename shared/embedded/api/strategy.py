"""What happens to an object between a request and the store: system fields, status, generation.

Pure. The rules of k8s.io/apiserver registry/rest (BeforeCreate, BeforeUpdate).
Called by `operations`; time, uid and the random suffix are arguments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shared.embedded.errors import bad_request, bare, conflict, invalid, modified
from shared.embedded.schema.times import timestamp
from shared.embedded.validation import checks
from shared.service.quantity import parse

if TYPE_CHECKING:
    from shared.embedded.errors import Cause
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

SUFFIX_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
SUFFIX_LENGTH: Final = 5
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


def refuse_version(obj: Obj) -> None:
    """What is created has no version yet; junk is overlooked, and a dry run never gets here."""
    if re.fullmatch(r"0*[1-9]\d{0,18}", obj["metadata"].get("resourceVersion", "")):
        raise bare("resourceVersion should not be set on objects to be created")


def admit_successor(
    kind: Kind, old: Obj, new: Obj, subresource: str, *, patched: bool = False
) -> Obj:
    """`new` with the parts that this endpoint may not change taken from `old`.

    Raises 409 when `new` was made from another version or another incarnation of the object; the
    incarnation of a `patched` object is a field like others, and immutable (422).
    """
    name = old["metadata"]["name"]
    _check_incarnation(kind, old, new, patched=patched)
    if subresource == "status":
        merged = {**old, "status": new.get("status", {}), "metadata": _told(kind, old, new)}
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


def _check_incarnation(kind: Kind, old: Obj, new: Obj, *, patched: bool) -> None:
    before, after = old["metadata"], new["metadata"]
    _same_place(kind, after, before.get("namespace", ""), before["name"])
    uid = after.get("uid") or before["uid"]
    if uid != before["uid"] and not patched:
        raise conflict(kind, before["name"], _other_incarnation(kind, before, uid))
    _check_version(kind, before, after.get("resourceVersion") or "0")
    if uid != before["uid"]:
        raise invalid(kind, before["name"], other_uid(uid))


def other_uid(uid: str) -> list[Cause]:
    """The uid of an object never changes; kube-apiserver looks twice, and says so twice."""
    return [checks.invalid("metadata.uid", uid, "field is immutable")] * 2


def _check_version(kind: Kind, before: Obj, version: str) -> None:
    """An update that states no version replaces any, if the kind allows that."""
    if not (version.isascii() and version.isdigit() and len(version) < 20):
        raise bare(f'strconv.ParseUint: parsing "{version}": invalid syntax')
    if int(version) == 0:
        if kind.needs_version:
            why = "must be specified for an update"
            cause = checks.invalid("metadata.resourceVersion", 0, why)
            raise invalid(kind, before["name"], [cause])
    elif version != before["resourceVersion"]:
        raise modified(kind, before["name"])


def _other_incarnation(kind: Kind, before: Obj, uid: str) -> str:
    place = "/".join(filter(None, (kind.plural, before.get("namespace", ""), before["name"])))
    return (
        f"StorageError: invalid object, Code: 4, Key: /registry/{place}, ResourceVersion: 0, "
        f"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: "
        f"{before['uid']}"
    )


def _keep_system_fields(metadata: Obj, old: Obj) -> None:
    for field in (*_SYSTEM, "namespace", "generateName", "resourceVersion"):
        if field in old:
            metadata[field] = old[field]
        else:
            metadata.pop(field, None)


def _told(kind: Kind, old: Obj, new: Obj) -> Obj:
    """The metadata that a status writer leaves: its own, less what the kind keeps from it."""
    kept = kind.kept_from_status
    metadata = {key: value for key, value in new["metadata"].items() if key != kept}
    return {**metadata, **{key: old["metadata"][key] for key in (kept,) if key in old["metadata"]}}


def _desired(kind: Kind, obj: Obj) -> Obj:
    """All but metadata and status; of some kinds the annotations too."""
    wanted = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    if kind.counts_annotations:
        wanted["annotations"] = obj["metadata"].get("annotations", {})
    return wanted
