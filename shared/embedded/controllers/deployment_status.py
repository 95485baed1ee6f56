"""The status of a Deployment: its counts and the conditions Available and Progressing. Pure.

Source: Kubernetes `pkg/controller/deployment/sync.go` (`calculateStatus`) and `progress.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.controllers.pods import seconds_of
from shared.embedded.controllers.rollout import counted, max_unavailable, name_of, size
from shared.embedded.schema.times import timestamp
from shared.service.objects import condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.service.objects import Obj

_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")


def status(deployment: Obj, new: Obj | None, old: Sequence[Obj], now: float) -> Obj:
    """The whole new status, conditions included; `now` in seconds since the epoch."""
    result = _counts(deployment, new, old)
    conditions = list(deployment.get("status", {}).get("conditions") or ())
    conditions = with_condition(conditions, _availability(deployment, result), now)
    progress = _progress(deployment, new, result, now)
    if progress is not None:
        conditions = with_condition(conditions, progress, now, refresh=progress["refresh"])
    failure = _replica_failure(new, old)
    conditions = [entry for entry in conditions if entry["type"] != "ReplicaFailure"]
    if failure is not None:
        conditions = with_condition(conditions, failure, now)
    result["conditions"] = conditions
    return result


def is_complete(deployment: Obj, status: Obj) -> bool:
    """The rollout is over: every replica is new and available, and no old one is left."""
    replicas: int = deployment["spec"]["replicas"]
    observed: int = status.get("observedGeneration", 0)
    return (
        status.get("updatedReplicas", 0) == replicas
        and status.get("replicas", 0) == replicas
        and status.get("availableReplicas", 0) == replicas
        and observed >= int(deployment["metadata"].get("generation", 0))
    )


def with_condition(
    conditions: Sequence[Obj], new: Obj, now: float, *, refresh: bool = False
) -> list[Obj]:
    """`conditions` with `new` put in place of its type.

    Same status and reason: nothing changes, unless `refresh` asks for a new lastUpdateTime. Same
    status: the transition time stays.
    """
    current = next((entry for entry in conditions if entry["type"] == new["type"]), None)
    same = current is not None and current["status"] == new["status"]
    if current is not None and same and current.get("reason") == new["reason"] and not refresh:
        return list(conditions)
    entry = {
        "type": new["type"],
        "status": new["status"],
        "lastUpdateTime": timestamp(now),
        "lastTransitionTime": current["lastTransitionTime"]
        if current is not None and same
        else timestamp(now),
        "reason": new["reason"],
        "message": new["message"],
    }
    return [*(other for other in conditions if other["type"] != new["type"]), entry]


def progressing(value: str, reason: str, message: str) -> Obj:
    """A condition Progressing; `refresh` says that it marks progress anew."""
    return {
        "type": "Progressing",
        "status": value,
        "reason": reason,
        "message": message,
        "refresh": reason == "ReplicaSetUpdated",
    }


def deadline_in(deployment: Obj, now: float) -> float | None:
    """Seconds until the progress deadline can pass; None when nothing is waited for."""
    deadline: int | None = deployment["spec"].get("progressDeadlineSeconds")
    current = condition(deployment, "Progressing")
    done = ("NewReplicaSetAvailable", "ProgressDeadlineExceeded")
    if deadline is None or current is None or current.get("reason") in done:
        return None
    return max(0.0, seconds_of(current.get("lastUpdateTime")) + deadline - now) + 1.0


def _counts(deployment: Obj, new: Obj | None, old: Sequence[Obj]) -> Obj:
    everything = [rs for rs in (new, *old) if rs is not None]
    available = sum(counted(rs, "availableReplicas") for rs in everything)
    counts = {
        "observedGeneration": deployment["metadata"].get("generation", 0),
        "replicas": sum(counted(rs, "replicas") for rs in everything),
        "updatedReplicas": counted(new, "replicas") if new is not None else 0,
        "readyReplicas": sum(counted(rs, "readyReplicas") for rs in everything),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(size(rs) for rs in everything) - available),
    }
    shown: Obj = {key: value for key, value in counts.items() if value}
    shown["terminatingReplicas"] = sum(counted(rs, "terminatingReplicas") for rs in everything)
    collisions = deployment.get("status", {}).get("collisionCount")
    return shown if collisions is None else {**shown, "collisionCount": collisions}


def _availability(deployment: Obj, status: Obj) -> Obj:
    minimum = deployment["spec"]["replicas"] - max_unavailable(deployment)
    if status.get("availableReplicas", 0) >= minimum:
        value, reason, verb = "True", "MinimumReplicasAvailable", "has"
    else:
        value, reason, verb = "False", "MinimumReplicasUnavailable", "does not have"
    message = f"Deployment {verb} minimum availability."
    return {"type": "Available", "status": value, "reason": reason, "message": message}


def _progress(deployment: Obj, new: Obj | None, status: Obj, now: float) -> Obj | None:
    """The condition Progressing to set, or None to leave what is there."""
    current = condition(deployment, "Progressing")
    if deployment["spec"].get("progressDeadlineSeconds") is None or deployment["spec"].get(
        "paused"
    ):
        return None
    settled = status.get("replicas", 0) == status.get("updatedReplicas", 0)
    if settled and current is not None and current.get("reason") == "NewReplicaSetAvailable":
        return None
    kind, subject_of = ("Deployment", deployment) if new is None else ("ReplicaSet", new)
    subject = f'{kind} "{name_of(subject_of)}"'
    if is_complete(deployment, status):
        return progressing(
            "True", "NewReplicaSetAvailable", f"{subject} has successfully progressed."
        )
    if _moved(deployment.get("status", {}), status):
        return progressing("True", "ReplicaSetUpdated", f"{subject} is progressing.")
    if _timed_out(deployment, current, now):
        return progressing(
            "False", "ProgressDeadlineExceeded", f"{subject} has timed out progressing."
        )
    return None


def _moved(before: Obj, after: Obj) -> bool:
    old: dict[str, int] = {key: before.get(key, 0) for key in _COUNTS}
    new: dict[str, int] = {key: after.get(key, 0) for key in _COUNTS}
    return (
        new["updatedReplicas"] > old["updatedReplicas"]
        or new["replicas"] - new["updatedReplicas"] < old["replicas"] - old["updatedReplicas"]
        or new["readyReplicas"] > old["readyReplicas"]
        or new["availableReplicas"] > old["availableReplicas"]
    )


def _timed_out(deployment: Obj, current: Obj | None, now: float) -> bool:
    if current is None or current.get("reason") == "NewReplicaSetAvailable":
        return False
    if current.get("reason") == "ProgressDeadlineExceeded":
        return True
    since = seconds_of(current.get("lastUpdateTime"))
    limit: int = deployment["spec"]["progressDeadlineSeconds"]
    return since + limit < now


def _replica_failure(new: Obj | None, old: Sequence[Obj]) -> Obj | None:
    for rs in (new, *old):
        found = condition(rs, "ReplicaFailure") if rs is not None else None
        if found is not None:
            return found
    return None
