"""What controllers ask of a Pod: is it active, ready, available, and whose is it? Pure.

Source: Kubernetes `pkg/api/v1/pod/util.go`, `pkg/controller/controller_utils.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.schema import times
from shared.service.objects import condition, is_true, unix_seconds

if TYPE_CHECKING:
    from shared.service.objects import Obj

TERMINAL_PHASES = ("Succeeded", "Failed")


def seconds_of(time: str | None) -> float:
    """A Kubernetes timestamp as seconds since the epoch; 0 when it is absent."""
    return unix_seconds(time) if time else 0.0


def with_pod_condition(pod: Obj, new: Obj, now: float) -> list[Obj]:
    """The pod's conditions with `new` in the place of its type; the time of a transition is now."""
    current = condition(pod, new["type"])
    if current is None or current["status"] != new["status"]:
        new = {**new, "lastTransitionTime": times.timestamp(now)}
    else:
        new = {**new, "lastTransitionTime": current.get("lastTransitionTime")}
    present = pod.get("status", {}).get("conditions") or []
    if current is None:
        return [*present, new]
    return [new if each is current else each for each in present]


def is_terminating(obj: Obj) -> bool:
    """Its deletion was asked for and is under way."""
    return "deletionTimestamp" in obj["metadata"]


def is_terminal(pod: Obj) -> bool:
    """All its containers ended for good."""
    return pod.get("status", {}).get("phase") in TERMINAL_PHASES


def is_active(pod: Obj) -> bool:
    """Counts as a replica: neither ended nor being deleted."""
    return not is_terminal(pod) and not is_terminating(pod)


def is_ready(pod: Obj) -> bool:
    """Its condition Ready is True."""
    return is_true(pod, "Ready")


def ready_since(pod: Obj) -> float:
    """Since when (seconds since the epoch) it is ready; 0 when it is not."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return 0.0
    return seconds_of(ready.get("lastTransitionTime"))


def is_available(pod: Obj, min_ready_seconds: int, now: float) -> bool:
    """Has been ready for `min_ready_seconds`."""
    if not is_ready(pod):
        return False
    return min_ready_seconds == 0 or ready_since(pod) + min_ready_seconds <= now


def restarts(pod: Obj) -> int:
    """Restarts of all its containers together."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return sum(status.get("restartCount", 0) for status in statuses)


def claims_of(pod: Obj) -> set[str]:
    """The names of the PersistentVolumeClaims that it mounts."""
    volumes = pod["spec"].get("volumes") or ()
    return {
        volume["persistentVolumeClaim"]["claimName"]
        for volume in volumes
        if "persistentVolumeClaim" in volume
    }


def controller_reference(owner: Obj) -> Obj:
    """The ownerReference that makes `owner` the controller of an object."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
