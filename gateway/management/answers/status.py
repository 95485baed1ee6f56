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

_STUCK: Final = (("ReplicaFailure", "True"), ("Progressing", "False"))
_BY_WEIGHT: Final = (*_STUCK, ("Available", "False"))
"""What keeps pods away, the cause before its effects: a quota or an image that is refused makes all
of a Deployment's conditions change within one second."""


def deployment_status(deployment: Obj | None) -> Obj:
    """The status without name and namespace, as it is embedded in a service."""
    if deployment is None:
        return dict(UNAVAILABLE)
    status = deployment.get("status") or {}
    desired = wanted_replicas(deployment)
    available = int(status.get("availableReplicas") or 0)
    conditions: list[Obj] = status.get("conditions") or []
    telling = _telling(conditions)
    return {
        "state": _state(desired, available, conditions),
        "reason": _reason(desired, available, telling),
        "last_transition_time": telling.get("lastTransitionTime") if telling else None,
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
    return "failed" if any(_kind(one) in _STUCK for one in conditions) else "pending"


def _kind(condition: Obj) -> tuple[str, str]:
    return condition.get("type", ""), condition.get("status", "")


def _telling(conditions: list[Obj]) -> Obj | None:
    """The condition that says why pods are missing; the newest when none does."""
    for kind in _BY_WEIGHT:
        for condition in conditions:
            if _kind(condition) == kind:
                return condition
    return max(conditions, key=lambda one: one.get("lastTransitionTime") or "", default=None)


def _reason(desired: int, available: int, telling: Obj | None) -> str:
    if desired == 0:
        return "Deployment is stopped."
    if telling is None:
        return ""
    reason = f"{telling.get('reason', '')}: {telling.get('message', '')}"
    if available >= desired and _kind(telling) in _STUCK:
        return f"{available} of {desired} ready, but the new version does not start: {reason}"
    return reason
