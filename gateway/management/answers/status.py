"""What OSCAR's API says of the state of a service: DeploymentStatus. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from gateway.management.answers import troubles
from shared.service.model import EMPTY
from shared.service.objects import wanted_replicas
from shared.service.sleeping import asleep_since, is_woken

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

_AT_REST: Final = {
    "stopped": "Deployment is stopped.",
    "asleep": "Nobody asked for it; the next request wakes it, or POST …/wake.",
}


def deployment_status(
    deployment: Obj | None,
    pods: Iterable[Obj] = (),
    missing: Collection[str] = (),
    last_words: Mapping[str, str] = EMPTY,
) -> Obj:
    """The status without name and namespace, as it is embedded in a service.

    `pods` say why some of them do not serve, with the `last_words` of those that ended; `missing`
    are objects besides the Deployment without which nobody reaches the pods, as `Service x-svc`.
    """
    if deployment is None:
        return dict(UNAVAILABLE)
    status = deployment.get("status") or {}
    desired = wanted_replicas(deployment)
    available = int(status.get("availableReplicas") or 0)
    conditions: list[Obj] = status.get("conditions") or []
    telling = _telling(conditions)
    state = _state(desired, available, conditions, missing) if desired else _at_rest(deployment)
    since = telling.get("lastTransitionTime") if telling else None
    why = troubles.of_pods(pods, last_words)
    parts = (_missing(missing) if desired else "", _reason(deployment, state, telling, why))
    return {
        "state": state,
        "reason": " ".join(filter(None, parts)),
        "last_transition_time": asleep_since(deployment) or since,
        "active_instances": int(status.get("replicas") or 0),
        "affected_instances": max(0, int(status.get("replicas") or 0) - available),
        "resource_kind": "exposed_service",
    }


def full_status(name: str, namespace: str, deployment: Obj | None) -> Obj:
    """The status as stop, start and restart answer it."""
    return named(name, namespace, deployment_status(deployment))


def named(name: str, namespace: str, status: Obj) -> Obj:
    """`status` with what `GET …/deployment` says besides."""
    return {"service_name": name, "namespace": namespace, **status}


def wants_pods(deployment: Obj | None) -> bool:
    """Whether the pods have something to say: some are missing, or a new version is not there."""
    if deployment is None or not (desired := wanted_replicas(deployment)):
        return False
    status = deployment.get("status") or {}
    return (
        int(status.get("availableReplicas") or 0) < desired
        or int(status.get("updatedReplicas") or 0) < desired
        or bool(status.get("unavailableReplicas"))
    )


def _at_rest(deployment: Obj) -> str:
    """The state of one that is to have no pods."""
    if not asleep_since(deployment):
        return "stopped"
    return "pending" if is_woken(deployment) else "asleep"


def _state(desired: int, available: int, conditions: list[Obj], missing: Collection[str]) -> str:
    if missing:
        return "failed"
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


def _missing(missing: Collection[str]) -> str:
    if not missing:
        return ""
    verb = "is" if len(missing) == 1 else "are"
    return f"{', '.join(missing)} {verb} missing, so nobody reaches the pods; apply the service."


def _reason(deployment: Obj, state: str, telling: Obj | None, why: str) -> str:
    if state in _AT_REST:
        return _AT_REST[state]
    if is_woken(deployment):
        return "It was woken, and the scaler has not given it pods yet."
    desired = wanted_replicas(deployment)
    available = int((deployment.get("status") or {}).get("availableReplicas") or 0)
    if _is_stale(deployment) and available < desired:
        return f"{available} of {desired} pods are available."
    said = f"{telling.get('reason', '')}: {telling.get('message', '')}" if telling else ""
    stuck = telling is not None and _kind(telling) in _STUCK
    if available >= desired and (stuck or troubles.is_severe(why)):
        said = said if stuck else ""
        return (
            f"{available} of {desired} ready, but the new version does not start: "
            f"{_joined(said, why)}"
        )
    return _joined(said, why) if available < desired else said


def _is_stale(deployment: Obj) -> bool:
    """Whether the conditions are older than what the Deployment is to be now."""
    generation = deployment.get("metadata", {}).get("generation") or 0
    seen = (deployment.get("status") or {}).get("observedGeneration")
    return seen is not None and generation > seen


def _joined(said: str, why: str) -> str:
    if not said or not why:
        return said or why
    return f"{said if said.endswith('.') else said + '.'} {why}"
