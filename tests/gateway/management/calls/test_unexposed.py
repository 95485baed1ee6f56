"""A service that is not exposed: made, listed and kept, with nothing that runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from shared.embedded import kinds
from tests.gateway.management.cluster import Cluster

Client = TestClient[Any, Any]
SERVICES = "/system/services"

# What a form starts from, with the fields that its user fills in.
FORM: dict[str, Any] = {
    "name": "ocr",
    "cluster_id": "",
    "memory": "256Mi",
    "cpu": "0.2",
    "enable_gpu": False,
    "total_memory": "0",
    "total_cpu": "0",
    "synchronous": {"min_scale": 0, "max_scale": 0},
    "replicas": [],
    "rescheduler_threshold": "",
    "token": "",
    "log_level": "INFO",
    "image_rules": [],
    "image": "registry/ocr:1",
    "alpine": False,
    "script": "exec python server.py\n",
    "image_pull_secrets": [],
    "environment": {"variables": {}, "secrets": {}},
    "annotations": {},
    "labels": {},
    "input": [],
    "output": [],
    "owner": "",
    "storage_providers": {"minio": {"default": {"endpoint": "", "verify": True}}},
    "clusters": {"id": {"endpoint": "", "auth_user": "", "auth_password": "", "ssl_verify": False}},
    "interlink_node_name": "",
    "allowed_users": [],
    "visibility": "private",
    "expose": {
        "min_scale": 0,
        "max_scale": 0,
        "api_port": [],
        "cpu_threshold": 90,
        "rewrite_target": False,
        "nodePort": [],
        "default_command": False,
        "set_auth": False,
        "health_path": "",
    },
}


@pytest.mark.parametrize(
    "expose", [FORM["expose"], None, {}, {"api_port": 0}, {"api_port": None}, {"api_port": [0]}]
)
async def test_is_created_and_listed(admin: Client, cluster: Cluster, expose: Any) -> None:
    response = await admin.post(SERVICES, json=FORM | {"expose": expose})
    assert response.status == 201
    assert response.headers.getall("Warning") == [
        '299 - "expose: has no api_port, so nothing runs: the definition is kept, without pods and '
        'address; give expose the api_port that the container listens on"'
    ]
    (listed,) = json.loads(await (await admin.get(SERVICES)).text())
    assert (listed["name"], listed["expose"], len(listed["token"])) == ("ocr", {}, 64)
    assert listed["total_memory"] == "0"
    assert cluster.names(kinds.DEPLOYMENT) == []
    assert cluster.names(kinds.SERVICE) == []


async def test_is_exposed_later_and_hidden_again(admin: Client, cluster: Cluster) -> None:
    await admin.post(SERVICES, json=FORM)
    token = json.loads(await (await admin.get(f"{SERVICES}/ocr")).text())["token"]
    exposed = FORM | {"expose": FORM["expose"] | {"api_port": [5000]}}
    response = await admin.put(SERVICES, json=exposed)
    assert (response.status, response.headers.get("Warning")) == (204, None)
    assert cluster.names(kinds.DEPLOYMENT) == ["ocr-dlp"]
    response = await admin.put(SERVICES, json=FORM)
    assert (response.status, "nothing runs" in response.headers["Warning"]) == (204, True)
    assert cluster.names(kinds.DEPLOYMENT) == []
    assert json.loads(await (await admin.get(f"{SERVICES}/ocr")).text())["token"] == token


async def test_cannot_be_stopped(admin: Client) -> None:
    await admin.post(SERVICES, json=FORM)
    response = await admin.post(f"{SERVICES}/ocr/stop")
    assert (response.status, await response.text()) == (400, 'service "ocr" is not exposed')
