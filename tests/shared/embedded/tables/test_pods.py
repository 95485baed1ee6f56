"""The status of pods as `kubectl get pods` has always shown it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.tables.pods import COLUMNS, ready, restarts, summary

NOW = 1000.0
RUNNING = {"state": {"running": {"startedAt": "1970-01-01T00:10:00Z"}}, "ready": True}
UNREADY = {**RUNNING, "ready": False}


def pod(*containers: dict[str, Any], phase: str = "Running", **status: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": f"c{n}"} for n in range(max(len(containers), 1))]}
    state = {"phase": phase, "containerStatuses": list(containers), **status}
    return {"metadata": {"name": "p"}, "spec": spec, "status": state}


def waiting(reason: str) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason}}, "ready": False}


def ended(**terminated: Any) -> dict[str, Any]:
    return {"state": {"terminated": terminated}, "ready": False}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (pod(phase="Pending"), "Pending"),
        (pod(waiting("ContainerCreating"), phase="Pending"), "ContainerCreating"),
        (pod(RUNNING), "Running"),
        (pod(UNREADY), "Running"),
        (pod(waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
        (pod(waiting("ErrImagePull"), RUNNING), "ErrImagePull"),
        (pod(ended(exitCode=0, reason="Completed"), phase="Succeeded"), "Completed"),
        (pod(ended(exitCode=1, reason="Error"), phase="Failed"), "Error"),
        (pod(ended(exitCode=3)), "ExitCode:3"),
        (pod(ended(signal=9)), "Signal:9"),
        (pod(phase="Failed", reason="Evicted"), "Evicted"),
        (pod(ended(exitCode=0, reason="Completed"), RUNNING), "NotReady"),
        (
            pod(
                ended(exitCode=0, reason="Completed"),
                RUNNING,
                conditions=[{"type": "Ready", "status": "True"}],
            ),
            "Running",
        ),
    ],
)
def test_the_most_telling_container_names_the_status(obj: dict[str, Any], expected: str) -> None:
    assert summary(obj, NOW) == expected


def test_a_deleted_pod_is_terminating_until_it_has_ended() -> None:
    leaving = pod(RUNNING)
    leaving["metadata"]["deletionTimestamp"] = "1970-01-01T00:10:00Z"
    assert summary(leaving, NOW) == "Terminating"
    leaving["status"]["phase"] = "Succeeded"
    assert summary(leaving, NOW) == "Succeeded"


def test_a_deleted_pod_of_a_lost_node_is_unknown() -> None:
    leaving = pod(RUNNING, reason="NodeLost")
    leaving["metadata"]["deletionTimestamp"] = "1970-01-01T00:10:00Z"
    assert summary(leaving, NOW) == "Unknown"


def test_ready_counts_containers_that_run_and_are_ready() -> None:
    assert ready(pod(RUNNING, UNREADY), NOW) == "1/2"
    assert ready(pod(phase="Pending"), NOW) == "0/1"


def test_restarts_say_how_long_ago_the_last_was() -> None:
    def restarted(count: int, finished: str) -> dict[str, Any]:
        last = {"terminated": {"exitCode": 1, "finishedAt": finished}}
        return {**RUNNING, "restartCount": count, "lastState": last}

    first = restarted(2, "1970-01-01T00:10:00Z")
    second = restarted(1, "1970-01-01T00:16:30Z")
    assert restarts(pod(first, second), NOW) == "3 (10s ago)"
    assert restarts(pod({**RUNNING, "restartCount": 0, "lastState": {}}), NOW) == "0"


def test_readiness_gates_count_their_conditions() -> None:
    gates = next(column for column in COLUMNS if column.name == "Readiness Gates")
    gated = pod(RUNNING, conditions=[{"type": "example.com/a", "status": "True"}])
    assert gates.cell(gated, NOW) == "<none>"
    gated["spec"]["readinessGates"] = [{"conditionType": f"example.com/{n}"} for n in "ab"]
    assert gates.cell(gated, NOW) == "1/2"
