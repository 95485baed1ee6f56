"""A pod in a few fields."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.pods import pod_json, revisions, state

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


def waiting(reason: str) -> Body:
    return {"state": {"waiting": {"reason": reason, "message": "why"}}}


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (pod({"ready": True, "state": {"running": {}}}), "Running"),
        ({"metadata": {"name": "a"}}, "Pending"),
        (pod(deleted=True), "Terminating"),
        (pod(phase="Failed", deleted=True), "Failed"),
        (pod(waiting("ImagePullBackOff"), phase="Pending"), "ImagePullBackOff"),
        (pod(waiting("CrashLoopBackOff") | {"lastState": OOM}), "CrashLoopBackOff"),
        (pod({"state": {"terminated": {"exitCode": 3}}}), "ExitCode:3"),
        (pod({"state": {"terminated": {"exitCode": 137, "signal": 9}}}), "Signal:9"),
        (pod({"state": OOM}), "OOMKilled"),
        (pod(phase="Failed", reason="Evicted"), "Evicted"),
        (pod({"state": {"running": {}}}, init=waiting("ErrImagePull")), "ErrImagePull"),
    ],
)
def test_the_word_for_its_state(given: Body, word: str) -> None:
    assert state(given) == word


def test_what_keeps_it_from_serving() -> None:
    told = pod_json(pod(waiting("ErrImagePull")), None, None)
    assert (told["reason"], told["ready"]) == ("ErrImagePull: why", False)


def test_restarts_are_those_of_all_containers() -> None:
    assert pod_json(pod({"restartCount": 2}, {"restartCount": 1}), None, None)["restarts"] == 3


def test_how_the_run_before_ended() -> None:
    earlier = {"terminated": {"exitCode": 1, "finishedAt": "2025-01-01T00:00:00Z"}}
    runs = {"state": {"running": {}}, "ready": True}
    told = pod_json(pod(runs | {"lastState": earlier}, runs | {"lastState": OOM}, runs), None, None)
    assert told["last_end"] == {
        "time": "2026-01-01T00:00:00Z",
        "reason": "OOMKilled",
        "exit_code": 137,
    }
    assert pod_json(pod(runs), None, None)["last_end"] is None


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
