"""Which pods have a log, and of which run; that pods are bounded. How lines come is tried over
HTTP, in `calls/test_followers.py`."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers import log_follow, logs
from gateway.management.answers.log_follow import LogFollower, run_of
from shared.embedded import kinds
from shared.runtime.clock import SystemClock
from tests.gateway.management.cluster import NS, Cluster

Body = dict[str, Any]


def pod(name: str = "oscar-container", **container: Any) -> Body:
    statuses = [{"name": "sidecar", "state": {"running": {}}}, {"name": name, **container}]
    return {"metadata": {"uid": "u"}, "status": {"containerStatuses": statuses}}


@pytest.mark.parametrize(
    ("given", "run"),
    [
        (pod(state={"running": {}}), ("u", 0, True)),
        (pod(state={"running": {}}, restartCount=2), ("u", 2, True)),
        (pod(state={"terminated": {}}, restartCount=1), ("u", 1, False)),
        (pod(state={"waiting": {}}, lastState={"terminated": {}}, restartCount=3), ("u", 3, False)),
        (pod(state={"waiting": {}}), None),
        (pod(), None),
        (pod("other", state={"running": {}}), None),
        ({"metadata": {"uid": "u"}}, None),
    ],
)
def test_the_run_that_a_log_tells_of(given: Body, run: log_follow.Run | None) -> None:
    assert run_of(given) == run


async def test_of_many_pods_the_newest_are_followed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_PODS", 2)
    asked: set[str] = set()

    async def log(pod: Body, _: object) -> Any:
        asked.add(pod["metadata"]["name"])
        yield b"2026-01-01T00:00:00Z x\n"

    cluster.providers.logs = log
    for name in ("a", "b", "c"):
        body = {
            "metadata": {"name": name, "labels": {"app": "oscar-svc-exp-ocr"}},
            "spec": {"containers": [{"name": "oscar-container", "image": "i"}]},
        }
        made = cluster.api.create(kinds.POD, body, NS, manager="test")
        container = {"name": "oscar-container", "image": "i", "imageID": "", "restartCount": 0,
                     "ready": True, "state": {"terminated": {"exitCode": 0}}}  # fmt: skip
        status = {**made.get("status", {}), "containerStatuses": [container]}
        cluster.api.update(
            kinds.POD, {**made, "status": status}, subresource="status", manager="test"
        )
    follower = LogFollower(cluster.kube, "ocr", {}, "", SystemClock())
    lines = 0
    async for page in follower.pages():
        lines += len(page["entries"])
        if lines == 2:
            follower.end()
    assert asked == {"b", "c"}
