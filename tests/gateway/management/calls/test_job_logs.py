"""Logs of pods, by the way of OSCAR's jobs."""

from __future__ import annotations

import json
from typing import Any

from aiohttp.test_utils import TestClient

from shared.embedded import kinds
from tests.gateway.management.cluster import NS, Cluster

Client = TestClient[Any, Any]
LOGS = "/system/logs/ocr"


def add_pod(cluster: Cluster, name: str, service: str, log: str) -> None:
    pod: dict[str, Any] = {
        "metadata": {"name": name, "labels": {"app": f"oscar-svc-exp-{service}"}},
        "spec": {"containers": [{"name": "oscar-container", "image": "i"}]},
    }
    cluster.api.create(kinds.POD, pod, NS, manager="test")
    cluster.logs[name] = log


async def test_pods_are_listed_and_their_logs_read(
    admin: Client, anyone: Client, cluster: Cluster, body: dict[str, Any]
) -> None:
    assert (await admin.post("/system/services", json=body)).status == 201
    assert json.loads(await (await admin.get(f"{LOGS}?page=")).text()) == {"jobs": {}}
    add_pod(cluster, "ocr-1", "ocr", "one\ntwo\n")
    add_pod(cluster, "other-1", "other", "secret\n")
    listed = json.loads(await (await admin.get(LOGS)).text())
    assert list(listed["jobs"]) == ["ocr-1"]
    answer = await admin.get(f"{LOGS}/ocr-1?timestamps=true")
    assert (answer.content_type, await answer.text()) == ("text/plain", "one\ntwo\n")
    assert (await admin.get(f"{LOGS}/other-1")).status == 404
    assert (await anyone.get(f"{LOGS}/ocr-1")).status == 401


async def test_a_service_that_is_not_there(admin: Client) -> None:
    assert (await admin.get(LOGS)).status == 404
    assert (await admin.get(f"{LOGS}/x")).status == 404
    assert (await admin.get("/system/logs/No%20name")).status == 400
