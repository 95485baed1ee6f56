"""How far a start is, as the objects of its pods show it."""

from __future__ import annotations

from typing import Any

import pytest

from scaler.cluster.catalog import Cataloguer
from scaler.cluster.starting import has_ready, starting, took
from shared.service.progress import Phase
from tests.scaler.objects import NOW, keyed, pod, service, stamp

UNREADY = {"type": "Ready", "status": "False", "lastTransitionTime": stamp(NOW - 5)}


def target(*changes: dict[str, Any]) -> Any:
    """Service a with a pod for each of `changes` of its status."""
    caches = service("a", len(changes))
    pods = [pod("a", index) for index in range(len(changes))]
    for obj, change in zip(pods, changes, strict=True):
        obj["status"] |= {key: value for key, value in change.items() if key != "node"}
        if change.get("node") is None and "node" in change:
            del obj["spec"]["nodeName"]
    made = Cataloguer().catalog(caches.__class__(
        caches.configmaps, caches.deployments, caches.replicasets, keyed(*pods), {}, {}
    ))  # fmt: skip
    return made.targets["a"]


def container(**state: Any) -> dict[str, Any]:
    return {"conditions": [UNREADY], "containerStatuses": [{"name": "main", "state": state}]}


NO_NODE: dict[str, Any] = {"phase": "Pending", "conditions": [], "node": None}
NO_ROOM = NO_NODE | {
    "conditions": [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu.",
            "lastTransitionTime": stamp(NOW - 60),
        }
    ]
}
RUNS = container(running={"startedAt": stamp(NOW - 3)})


@pytest.mark.parametrize(
    ("changes", "phase", "words"),
    [
        ([], Phase.SCHEDULING, "0 asked for"),
        ([NO_NODE], Phase.SCHEDULING, "its pod waits for a node"),
        ([NO_ROOM], Phase.UNSCHEDULABLE, "no node has 100m CPU free"),
        (
            [container(waiting={"reason": "ContainerCreating"})],
            Phase.PULLING,
            "its image is pulled",
        ),
        ([container(waiting={"reason": "ErrImagePull"})], Phase.PULLING, "(ErrImagePull)"),
        ([container(waiting={"reason": "CrashLoopBackOff"})], Phase.CRASHING, "(CrashLoopBackOff)"),
        ([RUNS], Phase.STARTING, "does not answer its probe yet"),
        ([{}], Phase.READY, ""),
        ([NO_ROOM, RUNS], Phase.STARTING, "does not answer"),
        ([NO_ROOM, RUNS, {}], Phase.READY, ""),
    ],
)
def test_the_pod_that_serves_soonest_tells(
    changes: list[dict[str, Any]], phase: Phase, words: str
) -> None:
    found = starting(target(*changes), 30.0)
    assert (found.phase, found.usual_s, found.pods) == (phase, 30.0, len(changes))
    assert words in found.words


def test_since_when_it_waits_is_what_the_cluster_says() -> None:
    assert starting(target(NO_ROOM), None).since == NOW - 60
    assert starting(target(RUNS), None).since == NOW - 3


def test_the_quickest_start_is_taken_for_one() -> None:
    ready = {"type": "Ready", "status": "True"}
    spans = (40, 7, 5000)
    changes = [
        {"startTime": stamp(NOW - 9000),
         "conditions": [ready | {"lastTransitionTime": stamp(NOW - 9000 + span)}]}
        for span in spans
    ]  # fmt: skip
    assert took(target(*changes).pods) == 7.0
    assert took(target(RUNS).pods) == 0.0
    assert has_ready(target(RUNS, {}).pods)
    assert not has_ready(target(RUNS).pods)
