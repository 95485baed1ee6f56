from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.troubles import LONGEST, UNREADY, is_severe, of_pod, of_pods


def pod(name: str = "a", **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": status}


def with_container(name: str = "a", **container: Any) -> dict[str, Any]:
    return pod(name, phase="Running", containerStatuses=[{"name": "oscar-container", **container}])


def waiting(reason: str, message: str = "", name: str = "a", **more: Any) -> dict[str, Any]:
    return with_container(name, state={"waiting": {"reason": reason, "message": message}}, **more)


def ended(**how: Any) -> dict[str, Any]:
    return {"lastState": {"terminated": how}}


UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/3 nodes are available: 3 Insufficient cpu.",
}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (pod(), ""),
        (with_container(ready=True, state={"running": {}}), ""),
        (waiting("ContainerCreating"), ""),
        (waiting("ImagePullBackOff", 'Back-off "x"'), 'ImagePullBackOff: Back-off "x"'),
        (
            waiting("CreateContainerConfigError", 'secret "s" not found'),
            'CreateContainerConfigError: secret "s" not found',
        ),
        (waiting("InvalidImageName"), "InvalidImageName"),
        (
            waiting("CrashLoopBackOff", "back-off 10s", **ended(exitCode=3, reason="Error")),
            "CrashLoopBackOff: it ended with exit code 3",
        ),
        (
            waiting("CrashLoopBackOff", **ended(exitCode=139, reason="Error", message="bad\n")),
            "CrashLoopBackOff: it ended with exit code 139, which is signal 11: bad",
        ),
        (
            waiting("CrashLoopBackOff", **ended(exitCode=137, reason="OOMKilled")),
            "CrashLoopBackOff: OOMKilled: it took more than its `memory` (exit code 137)",
        ),
        (waiting("CrashLoopBackOff", "back-off"), "CrashLoopBackOff: back-off"),
        (
            with_container(state={"terminated": {"exitCode": 1, "reason": "Error"}}),
            "it ended with exit code 1",
        ),
        (with_container(state={"terminated": {"exitCode": 0, "reason": "Completed"}}), ""),
        (with_container(ready=False, state={"running": {}}), UNREADY),
        (
            with_container(ready=False, state={"running": {}}, restartCount=4, **ended(exitCode=1)),
            f"{UNREADY}; it was started 4 times again: it ended with exit code 1",
        ),
        (
            pod(phase="Pending", conditions=[UNSCHEDULABLE]),
            "Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.",
        ),
        (
            pod(phase="Failed", reason="Evicted", message="The node was low on memory."),
            "Evicted: The node was low on memory.",
        ),
        (pod(phase="Failed"), "Failed"),
        (
            pod(initContainerStatuses=[{"state": {"waiting": {"reason": "ErrImagePull"}}}]),
            "ErrImagePull",
        ),
        (waiting("ErrImagePull", "x" * 1000), "ErrImagePull: " + "x" * (LONGEST - 15) + "…"),
    ],
)
def test_what_keeps_a_pod_from_serving(given: dict[str, Any], told: str) -> None:
    assert of_pod(given) == told


def test_a_pod_that_ends_is_no_trouble() -> None:
    given = waiting("ImagePullBackOff")
    given["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert of_pod(given) == ""


def test_last_words_follow_the_exit_code() -> None:
    given = waiting("CrashLoopBackOff", **ended(exitCode=1))
    assert of_pod(given, "ModuleNotFoundError: No module named 'torch'") == (
        "CrashLoopBackOff: it ended with exit code 1, after it wrote: "
        "ModuleNotFoundError: No module named 'torch'"
    )
    assert of_pod(waiting("ErrImagePull"), "earlier words") == "ErrImagePull"


def test_equal_troubles_are_told_once_and_the_most_frequent_first() -> None:
    pods = [waiting("ErrImagePull"), *(waiting("InvalidImageName", name=n) for n in "bc"), pod()]
    assert of_pods(pods, {}) == "2 pods: InvalidImageName; ErrImagePull"
    assert of_pods([waiting(f"R{n}") for n in range(9)], {}) == "R0; R1; R2"


def test_what_starts_may_become_ready_by_itself() -> None:
    assert [is_severe(text) for text in ("", UNREADY, f"2 pods: {UNREADY}", "ErrImagePull")] == [
        False,
        False,
        False,
        True,
    ]
