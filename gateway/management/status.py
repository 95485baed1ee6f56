"""What OSCAR's API says of the state of a service: DeploymentStatus. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.service.objects import wanted_replicas

if TYPE_CHECKING:
    from shared.service.objects import Obj

UNAVAILABLE: Final[Obj] = {
    "state": "unavailable",
    "reason": "The Deployment of the service does not exist.",
    "last_transition_time": None,
    "active_instances": 0,
    "affected_instances": 0,
    "resource_kind": "unavailable",
}


def deployment_status(deployment: Obj | None) -> Obj:
    """The status without name and namespace, as it is embedded in a service."""
    if deployment is None:
        return dict(UNAVAILABLE)
    status = deployment.get("status") or {}
    desired = wanted_replicas(deployment)
    available = int(status.get("availableReplicas") or 0)
    conditions: list[Obj] = status.get("conditions") or []
    newest = max(conditions, key=lambda one: one.get("lastTransitionTime") or "", default=None)
    return {
        "state": _state(desired, available, conditions),
        "reason": _reason(desired, newest),
        "last_transition_time": newest.get("lastTransitionTime") if newest else None,
        "active_instances": int(status.get("replicas") or 0),
        "affected_instances": max(0, int(status.get("replicas") or 0) - available),
        "resource_kind": "exposed_service",
    }


def full_status(name: str, namespace: str, deployment: Obj | None) -> Obj:
    """The status as `GET …/deployment` and stop, start, restart answer it."""
    return {"service_name": name, "namespace": namespace, **deployment_status(deployment)}


def _state(desired: int, available: int, conditions: list[Obj]) -> str:
    if desired == 0:
        return "stopped"
    if available >= desired:
        return "ready"
    if available > 0:
        return "degraded"
    stuck = {("ReplicaFailure", "True"), ("Progressing", "False")}
    if any((one.get("type"), one.get("status")) in stuck for one in conditions):
        return "failed"
    return "pending"


def _reason(desired: int, newest: Obj | None) -> str:
    if desired == 0:
        return "Deployment is stopped."
    if newest is None:
        return ""
    return f"{newest.get('reason', '')}: {newest.get('message', '')}"
