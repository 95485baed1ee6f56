"""What a delete does to an object: gone at once, or marked and held for a while. Pure.

The rules of k8s.io/apiserver registry/rest (BeforeDelete) and of its generic store: finalizers and
a grace period hold an object, a namespace goes when it is empty. Called by `operations`; time is an
argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from shared.embedded import kinds
from shared.embedded.errors import conflict_of_kind, forbidden
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

Propagation = Literal["Background", "Foreground", "Orphan"]

FOREGROUND: Final = "foregroundDeletion"
ORPHAN: Final = "orphan"
IMMORTAL: Final = ("default", "kube-public", "kube-system")
"""Namespaces that stay (admission NamespaceLifecycle)."""
_OF_POLICY: Final[dict[str, list[str]]] = {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}


class Deletion(NamedTuple):
    """The object after the request, and whether it is `gone` with it."""

    object: Obj
    gone: bool


def begun(
    kind: Kind, obj: Obj, *, grace: int | None, propagation: Propagation | None, now: float
) -> Deletion:
    """`obj` after a delete; the same object when it waits already as long as asked.

    grace: seconds, None for the object's own. propagation: None leaves the finalizers as they are.
    Raises 403 for a namespace that every cluster has.
    """
    metadata = obj["metadata"]
    finalizers = _finalizers(metadata.get("finalizers", []), propagation)
    waits = grace_period(kind, obj, grace)
    deleting = "deletionTimestamp" in metadata
    if kind is kinds.NAMESPACE and metadata["name"] in IMMORTAL:
        raise forbidden(kind, metadata["name"], "this namespace may not be deleted")
    if kind is kinds.NAMESPACE and not deleting:
        return Deletion(_terminating(obj, now), gone=False)
    held = bool(finalizers) or waits > 0
    if held and deleting and waits >= metadata.get("deletionGracePeriodSeconds", 0):
        return Deletion(obj, gone=False)
    marked = _marked(obj, waits, now, finalizers)
    return Deletion(marked if held or kind is kinds.POD else dict(obj), gone=not held)


def grace_period(kind: Kind, obj: Obj, asked: int | None) -> int:
    """Seconds until an object deleted now is gone; only pods that run somewhere have any."""
    if kind is not kinds.POD:
        return 0
    spec, phase = obj["spec"], obj["status"].get("phase")
    if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    wanted: int = spec["terminationGracePeriodSeconds"] if asked is None else asked
    return wanted if wanted >= 0 else 1


def lingers(kind: Kind, obj: Obj) -> bool:
    """Whether an object that a delete answered with is still there."""
    metadata = obj["metadata"]
    waits = metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds")
    return "deletionTimestamp" in metadata and (bool(waits) or kind is kinds.NAMESPACE)


def check_preconditions(kind: Kind, obj: Obj, uid: str, resource_version: str) -> None:
    """The uid and resourceVersion that a delete is bound to; empty ones match. Raises 409."""
    metadata = obj["metadata"]
    for what, wanted, found, happened in (
        ("UID", uid, metadata["uid"], "deleted and then recreated"),
        ("ResourceVersion", resource_version, metadata["resourceVersion"], "modified"),
    ):
        if wanted and wanted != found:
            why = (
                f"the {what} in the precondition ({wanted}) does not match the {what} in record "
                f"({found}). The object might have been {happened}"
            )
            raise conflict_of_kind(kind, metadata["name"], why)


def _finalizers(stated: list[str], propagation: Propagation | None) -> list[str]:
    if propagation is None:
        return list(stated)
    others = [each for each in stated if each not in (FOREGROUND, ORPHAN)]
    return others + _OF_POLICY.get(propagation, [])


def _marked(obj: Obj, grace: int, now: float, finalizers: list[str]) -> Obj:
    """`obj` on its way out: gone after `grace` seconds, or when its finalizers are."""
    metadata: dict[str, Any] = {**obj["metadata"], "deletionGracePeriodSeconds": grace}
    if "deletionTimestamp" not in metadata and "generation" in metadata:
        metadata["generation"] += 1
    metadata["deletionTimestamp"] = timestamp(now + grace)
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers
    return {**obj, "metadata": metadata}


def _terminating(namespace: Obj, now: float) -> Obj:
    metadata = {**namespace["metadata"], "deletionTimestamp": timestamp(now)}
    return {
        **namespace,
        "metadata": metadata,
        "status": {**namespace["status"], "phase": "Terminating"},
    }
