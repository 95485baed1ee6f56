"""Kubernetes objects as their JSON says, and Kubernetes' defaults where one is silent. Pure.

For whoever handles objects as JSON: the client, the gateway, the services API and the scaler.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Obj = dict[str, Any]
"""A Kubernetes object, list, event or Status."""


def wanted_replicas(deployment: Obj) -> int:
    """The replicas a Deployment asks for; one that does not say asks for 1, and 0 is none."""
    replicas = deployment["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def annotations_of(obj: Obj | None) -> Mapping[str, str]:
    """The annotations of an object; none of no object."""
    return ((obj or {}).get("metadata") or {}).get("annotations") or {}


def labels_of(obj: Obj | None) -> Mapping[str, str]:
    """The labels of an object; none of no object."""
    return ((obj or {}).get("metadata") or {}).get("labels") or {}


def annotated_number(obj: Obj | None, name: str) -> int | None:
    """The whole number that an annotation states in digits; None if it states none."""
    text = annotations_of(obj).get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def condition(obj: Obj, kind: str) -> Obj | None:
    """The status condition of type `kind`, or None."""
    conditions: list[Obj] = (obj.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), None)


def is_true(obj: Obj, kind: str) -> bool:
    """Whether the status condition of type `kind` is there and True."""
    found = condition(obj, kind)
    return found is not None and found["status"] == "True"


def container_statuses(pod: Obj) -> Iterator[Obj]:
    """The status of each container of a Pod, those that start first and stay included."""
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def controller_of(obj: Obj) -> Obj | None:
    """The ownerReference of the object's controller, or None."""
    owners: list[Obj] = obj["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), None)


def controller_uid(obj: Obj) -> str:
    """The uid of the object that controls `obj`; empty when nothing does."""
    owner = controller_of(obj)
    return "" if owner is None else str(owner["uid"])


def unix_seconds(time: str) -> float:
    """A Time or MicroTime (RFC 3339) in seconds since the epoch; raises ValueError."""
    return datetime.fromisoformat(time).timestamp()
