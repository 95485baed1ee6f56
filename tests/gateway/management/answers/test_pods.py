"""A pod in a word, and why."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.pods import pod_json, reason, revisions, state

Body = dict[str, Any]
OOM = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-01-01T00:00:00Z"}}


def pod(*containers: Body, deleted: bool = False, init: Body | None = None, **status: Any) -> Body:
    metadata = {"name": "a-dlp-1-x", "creationTimestamp": "2026-01-01T00:00:00Z"}
    if deleted:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:09Z"
    whole = {"phase": "Running", "containerStatuses": list(containers), **status}
    if init:
        whole["initContainerStatuses"] = [init]
    return {"metadata": metadata, "spec": {"nodeName": "n1"}, "status": whole}


def waiting(reason: str, message: str = "") -> Body:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


@pytest.mark.parametrize(
    ("given", "word", "why"),
    [
        (pod({"ready": True, "state": {"running": {}}}), "Running", ""),
        ({"metadata": {"name": "a"}}, "Pending", ""),
        (pod(deleted=True), "Terminating", ""),
        (pod(phase="Failed", deleted=True), "Failed", ""),
        (
            pod(waiting("ImagePullBackOff", "Back-off pulling image x"), phase="Pending"),
            "ImagePullBackOff",
            "Back-off pulling image x",
        ),
        (
            pod(waiting("CrashLoopBackOff", "back-off 10s") | {"lastState": OOM}),
            "CrashLoopBackOff",
            "back-off 10s; ended last at 2026-01-01T00:00:00Z: OOMKilled, exit code 137",
        ),
        (
            pod({"state": {"terminated": {"exitCode": 3, "message": " bad \n"}}}),
            "ExitCode:3",
            "ended last: ExitCode:3, exit code 3; bad",
        ),
        (
            pod({"state": {"terminated": {"exitCode": 137, "signal": 9}}}),
            "Signal:9",
            "ended last: Signal:9, exit code 137",
        ),
        (
            pod(
                phase="Pending",
                conditions=[
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available: 3 Insufficient cpu.",
                    }
                ],
            ),
            "Pending",
            "Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.",
        ),
        (
            pod(phase="Failed", reason="Evicted", message="The node was low on memory."),
            "Evicted",
            "The node was low on memory.",
        ),
        (
            pod({"state": {"running": {}}}, init=waiting("ErrImagePull", "no such image")),
            "ErrImagePull",
            "no such image",
        ),
    ],
)
def test_state_and_reason(given: Body, word: str, why: str) -> None:
    assert (state(given), reason(given)) == (word, why)


def test_restarts_are_those_of_all_containers() -> None:
    assert pod_json(pod({"restartCount": 2}, {"restartCount": 1}), None, None)["restarts"] == 3


def test_what_it_uses_is_told_when_it_is_known() -> None:
    usage = {"containers": [{"usage": {"cpu": "1500000n", "memory": "1Ki"}}, {"usage": {}}]}
    told = pod_json(pod(), 4, usage)
    assert (told["cpu"], told["memory"], told["revision"]) == (0.0015, 1024, 4)
    broken = pod_json(pod(), 4, {"containers": [{"usage": {"cpu": "much"}}]})
    assert (broken["cpu"], broken["memory"]) == (None, None)


def test_revisions_by_hash() -> None:
    def replicaset(**annotations: str) -> Body:
        labels = {"pod-template-hash": "abc"}
        return {"metadata": {"labels": labels, "annotations": annotations}}

    key = "deployment.kubernetes.io/revision"
    assert revisions([replicaset(**{key: "12"})]) == {"abc": 12}
    assert revisions([replicaset(**{key: "x"}), replicaset(), {"metadata": {}}]) == {}
