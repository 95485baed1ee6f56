"""What people see of a service, over HTTP: controllers and a node without processes make it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from shared.embedded import kinds
from shared.embedded.controllers.events import Events
from shared.embedded.controllers.manager import Controllers
from shared.embedded.node.hollow import HollowNode
from shared.runtime.clock import ManualClock
from tests.gateway.management.cluster import NS, Cluster

Client = TestClient[Any, Any]
Body = dict[str, Any]
OCR = "/system/services/ocr"


class World:
    """Controllers that work when `settle` is called, pods that are ready at once."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.clock = ManualClock(1_700_000_000.0)
        self.controllers = Controllers(cluster.api, self.clock)
        self.node = HollowNode(cluster.api, self.clock)
        self.events = Events(cluster.api, self.clock, "test")
        cluster.providers.pod_metrics = lambda _: [
            {
                "metadata": {"name": one["metadata"]["name"], "namespace": NS,
                             "labels": one["metadata"]["labels"]},
                "containers": [{"name": "oscar-container",
                                "usage": {"cpu": "250m", "memory": "3Mi"}}],
            }
            for one in cluster.api.list(kinds.POD, NS)
        ]  # fmt: skip

    def settle(self) -> None:
        self.controllers.settle()

    def pods(self) -> list[Body]:
        return list(self.cluster.api.list(kinds.POD, NS))


@pytest.fixture
def world(cluster: Cluster) -> World:
    return World(cluster)


async def described(client: Client, path: str = f"{OCR}/description") -> Body:
    async with client.get(path) as response:
        text = await response.text()
        assert response.status == 200, text
        answer: Body = json.loads(text)
    return answer


async def test_a_running_service(admin: Client, world: World, body: Body) -> None:
    assert (await admin.post("/system/services", json=body)).status == 201
    world.settle()
    answer = await described(admin)
    assert answer["service_name"] == "ocr"
    assert answer["path"] == "/system/services/ocr/exposed/"
    assert answer["definition"]["image"] == body["image"]
    assert answer["deployment"]["state"] == "ready"
    rollout = answer["rollout"]
    assert (rollout["wanted"], rollout["updated"], rollout["old"]) == (2, 2, 0)
    assert (rollout["ready"], rollout["available"], rollout["complete"]) == (2, 2, True)
    assert {one["type"] for one in rollout["conditions"]} == {"Available", "Progressing"}
    assert [one["name"] for one in answer["pods"]] == sorted(
        one["metadata"]["name"] for one in world.pods()
    )
    assert answer["pods"][0] | {"name": "", "created": ""} == {
        "name": "",
        "ready": True,
        "state": "Running",
        "reason": "",
        "restarts": 0,
        "last_end": None,
        "created": "",
        "node": "hollow",
        "revision": 1,
        "cpu": 0.25,
        "memory": 3 * 2**20,
    }
    assert answer["pods_left_out"] == 0
    assert answer["notes"] == []
    assert answer["scaler"] is None
    assert {one["reason"] for one in answer["events"]} >= {"ScalingReplicaSet", "SuccessfulCreate"}


async def test_old_and_new_pods_of_a_rollout(admin: Client, world: World, body: Body) -> None:
    await admin.post("/system/services", json=body)
    world.settle()
    world.node.close()  # the new version does not start
    await admin.put("/system/services", json=body | {"image": "registry/ocr:2"})
    world.settle()
    answer = await described(admin)
    rollout = answer["rollout"]
    assert (rollout["updated"], rollout["old"], rollout["complete"]) == (1, 2, False)
    assert sorted((one["revision"], one["ready"]) for one in answer["pods"]) == [
        (1, True),
        (1, True),
        (2, False),
    ]


async def test_events_of_others_are_not_told(admin: Client, world: World, body: Body) -> None:
    """Not even of a service whose name begins alike, as its Deployment's does."""
    for name in ("ocr", "ocr-dlp"):
        await admin.post("/system/services", json=body | {"name": name})
    world.settle()
    answer = await described(admin, f"{OCR}/deployment/events")
    assert answer["notes"] == []
    about = {one["object"] for one in answer["events"]}
    own = {one["metadata"]["name"] for one in world.pods()
           if one["metadata"]["labels"]["oscar_service"] == "ocr"}  # fmt: skip
    assert {one for one in about if one.startswith("Pod/")} == {f"Pod/{name}" for name in own}
    assert answer["events"] == (await described(admin))["events"]


async def test_events_of_pods_that_are_gone_are_told(
    admin: Client, world: World, body: Body
) -> None:
    await admin.post("/system/services", json=body)
    world.settle()
    pod = world.pods()[0]
    world.events.warning(pod | {"kind": "Pod"}, "Unhealthy", "probe failed")
    world.cluster.api.delete(kinds.POD, pod["metadata"]["name"], NS)
    world.settle()
    found = [one for one in (await described(admin))["events"] if one["reason"] == "Unhealthy"]
    assert [(one["note"], one["type"], one["object"]) for one in found] == [
        ("probe failed", "Warning", f"Pod/{pod['metadata']['name']}")
    ]


async def test_the_scalers_last_decision(admin: Client, world: World, body: Body) -> None:
    await admin.post("/system/services", json=body)
    left = {"time": "2026-01-01T00:00:00.000+00:00", "action": "up", "from": 1, "to": 2,
            "reasons": ["Utilisation"], "state": {"long": "memory"}}  # fmt: skip
    note = {"metadata": {"annotations": {"oscar.grycap.io/scaler-decision": json.dumps(left)}}}
    world.cluster.api.patch(kinds.DEPLOYMENT, "ocr-dlp", NS, note, manager="scaler")
    told = (await described(admin))["scaler"]
    assert (told["from"], told["to"], told["reasons"]) == (1, 2, ["Utilisation"])
    assert "state" not in told


async def test_no_secret_is_told(admin: Client, world: World, body: Body) -> None:
    body["environment"] = {"variables": {}, "secrets": {"KEY": "c4nary"}}
    body["storage_providers"] = {"minio": {"m": {"access_key": "c4nary", "secret_key": "c4nary"}}}
    await admin.post("/system/services", json=body)
    world.settle()
    token = (await described(admin, OCR))["token"]
    text = json.dumps(await described(admin))
    assert token not in text
    assert "c4nary" not in text


async def test_a_service_that_is_not_exposed(admin: Client, world: World, body: Body) -> None:
    await admin.post("/system/services", json=body)
    del body["expose"]
    await admin.put("/system/services", json=body)
    answer = await described(admin)
    assert (answer["path"], answer["rollout"], answer["pods"]) == ("", None, [])
    assert answer["deployment"]["state"] == "unavailable"


async def test_without_rights_to_what_informs_the_rest_is_told(
    admin: Client, world: World, body: Body
) -> None:
    await admin.post("/system/services", json=body)
    world.settle()
    role = world.cluster.api.get(kinds.ROLE, "management", NS)
    role["rules"] = [
        rule
        for rule in role["rules"]
        if not {"events", "replicasets"} & set(rule["resources"])
        and "metrics.k8s.io" not in rule["apiGroups"]
    ]
    world.cluster.api.update(kinds.ROLE, role, manager="test")
    answer = await described(admin)
    assert len(answer["pods"]) == 2
    assert answer["pods"][0]["cpu"] is answer["pods"][0]["revision"] is None
    assert answer["events"] == []
    hints = " ".join(answer["notes"])
    for words in ("list events of API group events.k8s.io", "list replicasets", "metrics.k8s.io"):
        assert words in hints


@pytest.mark.parametrize("path", ["/description", "/deployment/events"])
async def test_whom_it_is_told_and_of_what(
    admin: Client, anyone: Client, path: str, body: Body
) -> None:
    assert (await admin.get(f"/system/services/absent{path}")).status == 404
    assert (await admin.get(f"/system/services/a%20b{path}")).status == 400
    assert (await anyone.get(OCR + path)).status == 401


async def test_a_volume_that_waits_is_told_with_its_reason(
    admin: Client, world: World, body: Body
) -> None:
    stored = body | {"volume": {"size": "1Gi", "mount_path": "/data"}}
    assert (await admin.post("/system/services", json=stored)).status == 201
    world.settle()
    answer = await described(admin)
    assert answer["definition"]["volume_status"]["phase"] == "pending"
    said = {event["reason"]: event["note"] for event in answer["events"]}
    assert "no storage class is set" in said["FailedBinding"]
    assert "unbound immediate PersistentVolumeClaims (ocr)" in said["FailedScheduling"]
