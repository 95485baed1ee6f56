"""Which fields of a Pod the caches keep: those that the scaler reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.cluster.observe import DELETION_COST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.service.objects import Obj

_METADATA = ("name", "namespace", "resourceVersion", "deletionTimestamp")


def trim_pod(pod: Obj) -> Obj:
    """A Pod with what `observe.read_pod` and an informer need of it."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    conditions = status.get("conditions") or ()
    return {
        "metadata": _only(metadata, *_METADATA)
        | {
            "annotations": _only(metadata.get("annotations") or {}, DELETION_COST),
            "ownerReferences": _each(metadata.get("ownerReferences"), "uid", "controller"),
        },
        "spec": _only(spec, "nodeName", "resources")
        | {
            "containers": _each(spec.get("containers"), "name", "resources"),
            "initContainers": _each(
                spec.get("initContainers"), "name", "resources", "restartPolicy"
            ),
        },
        "status": _only(status, "phase", "startTime")
        | {"conditions": [each for each in conditions if each["type"] == "Ready"]},
    }


def _only(obj: Obj, *fields: str) -> Obj:
    return {field: obj[field] for field in fields if field in obj}


def _each(objects: Iterable[Obj] | None, *fields: str) -> list[Obj]:
    return [_only(obj, *fields) for obj in objects or ()]
