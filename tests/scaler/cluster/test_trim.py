from __future__ import annotations

import json
from typing import Any

import pytest

from scaler.cluster.observe import DELETION_COST, read_pod
from scaler.cluster.trim import trim_pod
from shared.kube.changes import key_of
from tests.scaler.objects import NOW, pod, stamp


def whole(**metadata: Any) -> dict[str, Any]:
    """A pod with everything that the scaler reads, and more."""
    obj = pod("a", 0, annotations={DELETION_COST: "-7", "note": "x" * 500})
    obj["metadata"] |= {"labels": {"app": "a"}, "generateName": "a-"} | metadata
    obj["spec"] |= {
        "resources": {"requests": {"cpu": "2"}},
        "initContainers": [
            {"name": "mesh", "restartPolicy": "Always", "resources": {"limits": {"cpu": "1"}}},
            {"name": "fetch", "command": ["sh"]},
        ],
        "volumes": [{"name": "token"}],
    }
    obj["spec"]["containers"][0]["env"] = [{"name": "A", "value": "b" * 500}]
    obj["status"]["conditions"].insert(0, {"type": "Initialized", "status": "True"})
    obj["status"]["resources"] = {"requests": {"cpu": "3"}}
    obj["status"]["initContainerStatuses"] = [
        {"name": "mesh", "imageID": "x" * 500, "state": {"running": {"startedAt": stamp(NOW - 9)}}},
        {"name": "fetch", "state": {"terminated": {"exitCode": 0}}},
    ]
    obj["status"]["containerStatuses"] = [
        {
            "name": "main",
            "imageID": "x" * 500,
            "resources": {"requests": {"cpu": "150m"}},
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "x" * 500}},
        }
    ]
    return obj


def unscheduled() -> dict[str, Any]:
    obj = pod("a", 1, ready="False", phase="Pending")
    obj["status"]["conditions"].append(
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    )
    return obj


@pytest.mark.parametrize(
    "obj",
    [
        whole(),
        whole(deletionTimestamp="2026-01-01T00:00:00Z"),
        pod("a", 1, ready="False", phase="Pending"),
        unscheduled(),
        {"metadata": {"name": "p"}, "spec": {}},
    ],
)
def test_a_trim_pod_reads_like_the_whole_one(obj: dict[str, Any]) -> None:
    assert read_pod(trim_pod(obj)) == read_pod(obj)


def test_an_informer_still_finds_its_key_and_version_and_nothing_else_is_kept() -> None:
    slim = trim_pod(whole())
    assert key_of(slim) == key_of(whole())
    assert slim["metadata"]["resourceVersion"] == whole()["metadata"]["resourceVersion"]
    text = json.dumps(slim)
    assert not any(
        word in text for word in ("labels", "env", "volumes", "note", "imageID", "message")
    )
