from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.status import deployment_status, full_status, wants_pods

PROGRESS = {
    "type": "Progressing",
    "status": "True",
    "reason": "NewReplicaSetAvailable",
    "message": "done",
    "lastTransitionTime": "2026-01-01T00:00:01Z",
}
AVAILABLE = {
    "type": "Available",
    "status": "True",
    "reason": "MinimumReplicasAvailable",
    "message": "enough",
    "lastTransitionTime": "2026-01-01T00:00:02Z",
}


def deployment(desired: int | None, replicas: int, available: int, *conditions: Any) -> Any:
    status = {"replicas": replicas, "availableReplicas": available, "conditions": list(conditions)}
    return {"spec": {} if desired is None else {"replicas": desired}, "status": status}


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (deployment(0, 0, 0), "stopped"),
        (deployment(0, 2, 2), "stopped"),
        (deployment(2, 2, 2), "ready"),
        (deployment(2, 3, 3), "ready"),
        (deployment(None, 1, 1), "ready"),
        (deployment(3, 3, 1), "degraded"),
        (deployment(3, 3, 1, {**PROGRESS, "status": "False"}), "degraded"),
        (deployment(2, 2, 0, {**PROGRESS, "status": "False"}), "failed"),
        (deployment(2, 0, 0, {"type": "ReplicaFailure", "status": "True"}), "failed"),
        (deployment(2, 2, 0, PROGRESS), "pending"),
        ({"spec": {"replicas": 1}}, "pending"),
        (None, "unavailable"),
    ],
)
def test_state(given: Any, state: str) -> None:
    assert deployment_status(given)["state"] == state


SINCE = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("marks", "state"),
    [
        ({"asleep-since": SINCE}, "asleep"),
        ({"asleep-since": SINCE, "wake": "2025-12-31T23:59:59Z"}, "asleep"),
        ({"asleep-since": SINCE, "wake": "2026-01-01T00:00:00.5+00:00"}, "pending"),
        ({"asleep-since": SINCE, "stopped": "true"}, "stopped"),
        ({"wake": SINCE}, "stopped"),
    ],
)
def test_what_sleeps_is_told_from_what_is_stopped(marks: dict[str, str], state: str) -> None:
    given = deployment(0, 0, 0, AVAILABLE)
    given["metadata"] = {"annotations": {f"oscar.grycap.io/{k}": v for k, v in marks.items()}}
    told = deployment_status(given)
    assert told["state"] == state
    assert (told["last_transition_time"] == SINCE) is (state != "stopped")
    assert told["reason"]


def test_the_reason_is_that_of_the_newest_condition() -> None:
    status = deployment_status(deployment(2, 2, 1, AVAILABLE, PROGRESS))
    assert status == {
        "state": "degraded",
        "reason": "MinimumReplicasAvailable: enough",
        "last_transition_time": "2026-01-01T00:00:02Z",
        "active_instances": 2,
        "affected_instances": 1,
        "resource_kind": "exposed_service",
    }


FAILURE = {
    "type": "ReplicaFailure",
    "status": "True",
    "reason": "FailedCreate",
    "message": "exceeded quota",
    "lastTransitionTime": "2026-01-01T00:00:01Z",
}
STUCK = {
    **PROGRESS,
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": "timed out",
}
MISSING = {**AVAILABLE, "status": "False", "reason": "MinimumReplicasUnavailable"}


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ((MISSING, FAILURE, STUCK), "FailedCreate: exceeded quota"),
        ((MISSING, STUCK), "ProgressDeadlineExceeded: timed out"),
        ((PROGRESS, MISSING), "MinimumReplicasUnavailable: enough"),
        ((PROGRESS, AVAILABLE), "MinimumReplicasAvailable: enough"),
        ((), ""),
    ],
)
def test_the_reason_is_the_cause_before_its_effects(conditions: Any, reason: str) -> None:
    """The newest condition tells nothing: all change within one second."""
    assert deployment_status(deployment(2, 1, 0, *conditions))["reason"] == reason


def test_a_rollout_that_is_stuck_is_told_although_the_old_pods_serve() -> None:
    status = deployment_status(deployment(2, 3, 2, AVAILABLE, STUCK))
    assert (status["state"], status["reason"]) == (
        "ready",
        "2 of 2 ready, but the new version does not start: ProgressDeadlineExceeded: timed out",
    )


def test_a_stopped_deployment_says_so_and_a_missing_one_too() -> None:
    assert deployment_status(deployment(0, 0, 0, PROGRESS))["reason"] == "Deployment is stopped."
    assert deployment_status(None)["resource_kind"] == "unavailable"


def test_the_full_status_names_the_service() -> None:
    full = full_status("ocr", "oscar-svc", deployment(1, 1, 1))
    assert (full["service_name"], full["namespace"], full["state"]) == ("ocr", "oscar-svc", "ready")


def pod(reason: str) -> Any:
    container = {"state": {"waiting": {"reason": reason}}}
    return {"metadata": {"name": "p"}, "status": {"containerStatuses": [container]}}


@pytest.mark.parametrize(
    ("given", "state", "reason"),
    [
        (
            deployment(2, 2, 0, MISSING),
            "pending",
            "MinimumReplicasUnavailable: enough. ErrImagePull",
        ),
        (deployment(2, 2, 1), "degraded", "ErrImagePull"),
        (
            deployment(2, 3, 2, AVAILABLE, PROGRESS),
            "ready",
            "2 of 2 ready, but the new version does not start: ErrImagePull",
        ),
        (
            deployment(2, 3, 2, AVAILABLE, STUCK),
            "ready",
            "2 of 2 ready, but the new version does not start: "
            "ProgressDeadlineExceeded: timed out. ErrImagePull",
        ),
        (deployment(0, 1, 0), "stopped", "Deployment is stopped."),
    ],
)
def test_pods_say_why_they_are_missing(given: Any, state: str, reason: str) -> None:
    status = deployment_status(given, [pod("ErrImagePull")])
    assert (status["state"], status["reason"]) == (state, reason)


def test_a_service_that_nobody_reaches_is_not_ready() -> None:
    status = deployment_status(deployment(1, 1, 1, AVAILABLE), missing=["Service ocr-svc"])
    assert (status["state"], status["reason"]) == (
        "failed",
        "Service ocr-svc is missing, so nobody reaches the pods; apply the service. "
        "MinimumReplicasAvailable: enough",
    )
    stopped = deployment_status(deployment(0, 0, 0), missing=["Service ocr-svc", "Secret x"])
    assert stopped["reason"] == "Deployment is stopped."


def test_conditions_from_before_a_start_say_nothing() -> None:
    """Right after it they still tell that all is well."""
    given = deployment(4, 0, 0, AVAILABLE)
    given["metadata"] = {"generation": 3}
    given["status"]["observedGeneration"] = 2
    status = deployment_status(given)
    assert (status["state"], status["reason"]) == ("pending", "0 of 4 pods are available.")
    given["status"]["observedGeneration"] = 3
    assert deployment_status(given)["reason"] == "MinimumReplicasAvailable: enough"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (None, False),
        (deployment(0, 1, 0), False),
        (deployment(2, 2, 1), True),
        (
            {"spec": {"replicas": 1}, "status": {"availableReplicas": 1, "updatedReplicas": 1}},
            False,
        ),
        ({"spec": {"replicas": 1}, "status": {"availableReplicas": 1, "updatedReplicas": 0}}, True),
        (
            {
                "spec": {"replicas": 1},
                "status": {
                    "availableReplicas": 1,
                    "updatedReplicas": 1,
                    "unavailableReplicas": 1,
                },
            },
            True,
        ),
    ],
)
def test_pods_are_asked_for_where_some_are_missing(given: Any, wanted: bool) -> None:
    assert wants_pods(given) is wanted
