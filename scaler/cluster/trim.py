"""What the caches keep of objects: of Pods what the scaler reads, of foreign ones nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scaler.cluster.observe import DELETION_COST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.service.objects import Obj
    from shared.service.spaces import Spaces

Trim = Callable[[dict[str, Any]], dict[str, Any]]

_KNOWN_BY = ("name", "namespace", "uid", "resourceVersion")
"""What an informer needs."""
_METADATA = (*_KNOWN_BY, "creationTimestamp", "deletionTimestamp")
_CONDITIONS = ("Ready", "PodScheduled")


def whole(obj: Obj) -> Obj:
    """The object as it is."""
    return obj


def within(spaces: Spaces, keep: Trim) -> Trim:
    """`keep` for objects of services' namespaces; of others, which a watch of the whole cluster
    brings along, only what an informer needs."""
    if spaces.watched is not None:
        return keep

    def kept(obj: Obj) -> Obj:
        metadata = obj["metadata"]
        if spaces.has(metadata["namespace"]):
            return keep(obj)
        return {"metadata": _only(metadata, *_KNOWN_BY)}

    return kept


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
        "status": _only(status, "phase", "startTime", "resources")
        | {
            "conditions": [each for each in conditions if each["type"] in _CONDITIONS],
            "containerStatuses": _runs(status.get("containerStatuses")),
            "initContainerStatuses": _runs(status.get("initContainerStatuses")),
        },
    }


def _runs(statuses: Iterable[Obj] | None) -> list[Obj]:
    """Of each container's status whether it runs or waits, and the CPU that was granted to it."""
    return [
        _only(each, "name", "resources") | {"state": _state(each.get("state") or {})}
        for each in statuses or ()
    ]


def _state(state: Obj) -> Obj:
    return {
        kind: _only(state[kind] or {}, field)
        for kind, field in (("running", "startedAt"), ("waiting", "reason"))
        if kind in state
    }


def _only(obj: Obj, *fields: str) -> Obj:
    return {field: obj[field] for field in fields if field in obj}


def _each(objects: Iterable[Obj] | None, *fields: str) -> list[Obj]:
    return [_only(obj, *fields) for obj in objects or ()]
