"""A pod's status from the states of its containers."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.node.status import ContainerState, phase, pod_status
from shared.embedded.schema.times import timestamp

RUNNING = {"running": {"startedAt": timestamp(0)}}
WAITING = {"waiting": {"reason": "ContainerCreating"}}


def ended(code: int) -> dict[str, Any]:
    return {"terminated": {"exitCode": code}}


@pytest.mark.parametrize(
    ("states", "policy", "expected"),
    [
        ([WAITING], "Always", "Pending"),
        ([RUNNING, WAITING], "Always", "Running"),
        ([ended(0)], "Always", "Running"),  # about to start again
        ([ended(0)], "Never", "Succeeded"),
        ([ended(0), ended(1)], "Never", "Failed"),
        ([ended(1)], "OnFailure", "Running"),
        ([ended(0)], "OnFailure", "Succeeded"),
        ([ended(1), RUNNING], "Never", "Running"),
    ],
)
def test_phases(states: list[dict[str, Any]], policy: str, expected: str) -> None:
    containers = [ContainerState(f"c{n}", state=state) for n, state in enumerate(states)]
    assert phase(containers, policy) == expected


def test_a_container_in_back_off_does_not_make_the_pod_pending() -> None:
    backing_off = ContainerState("c", state=WAITING, last=ended(1))
    assert phase([backing_off], "Always") == "Running"


def conditions(status: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c["lastTransitionTime"]) for c in status["conditions"]}


def test_a_transition_time_stays_while_the_status_does() -> None:
    pod: dict[str, Any] = {"metadata": {}, "spec": {"containers": []}}
    state = ContainerState("c", state=RUNNING)
    first = pod_status(pod, [state], "127.9.0.1", 0, 100)
    assert conditions(first)["Ready"] == ("False", timestamp(100))
    assert first["conditions"][2]["message"] == "containers with unready status: [c]"
    state.ready = True
    second = pod_status({**pod, "status": first}, [state], "127.9.0.1", 0, 200)
    assert conditions(second)["Ready"] == ("True", timestamp(200))
    assert conditions(second)["Initialized"] == ("True", timestamp(100))
    assert "reason" not in second["conditions"][2]


def test_an_ended_pod_is_complete_and_not_ready() -> None:
    pod: dict[str, Any] = {"metadata": {}, "spec": {"restartPolicy": "Never", "containers": []}}
    status = pod_status(pod, [ContainerState("c", state=ended(0))], "127.9.0.1", 0, 1)
    ready = next(c for c in status["conditions"] if c["type"] == "Ready")
    assert (status["phase"], ready["status"], ready["reason"]) == (
        "Succeeded",
        "False",
        "PodCompleted",
    )
