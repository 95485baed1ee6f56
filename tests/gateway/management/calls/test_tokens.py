"""A new token over HTTP: what changes with it, and what stays."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from aiohttp.test_utils import TestClient

from shared.embedded import kinds
from tests.gateway.management.cluster import NS, Cluster

Client = TestClient[Any, Any]
Body = dict[str, Any]
OCR = "/system/services/ocr"


async def answered(client: Client) -> Body:
    async with client.get(OCR) as response:
        body: Body = await response.json()
    return body


async def rotated(client: Client) -> str:
    async with client.post(f"{OCR}/token") as response:
        assert response.status == 200, await response.text()
        assert response.headers["Cache-Control"] == "no-store"
        body = await response.json()
    assert body["service_name"] == "ocr"
    return str(body["token"])


async def test_everybody_learns_the_new_token(admin: Client, cluster: Cluster, body: Body) -> None:
    await admin.post("/system/services", json=body)
    before = await answered(admin)
    template = cluster.deployment("ocr")["spec"]["template"]
    token = await rotated(admin)
    assert len(token) == 64
    assert token != before["token"]
    assert await answered(admin) == before | {"token": token}
    digest = hashlib.sha256(token.encode()).hexdigest()
    assert cluster.configmap("ocr")["data"]["token_sha256"] == digest
    secret = cluster.api.get(kinds.SECRET, "ocr-token", NS)
    assert base64.b64decode(secret["data"]["token"]).decode() == token
    after = cluster.deployment("ocr")["spec"]["template"]
    assert after["spec"] == template["spec"]
    assert after["metadata"]["annotations"] != template["metadata"]["annotations"]  # a rollout
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2


async def test_the_token_before_is_nowhere_any_more(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    body["environment"] = {"secrets": {"KEY": "kept"}}
    await admin.post("/system/services", json=body)
    before = (await answered(admin))["token"]
    await rotated(admin)
    for kind in (kinds.SECRET, kinds.CONFIG_MAP, kinds.DEPLOYMENT):
        text = json.dumps(cluster.api.list(kind, NS))
        assert before not in text
        assert base64.b64encode(before.encode()).decode().rstrip("=") not in text
    environment = cluster.api.get(kinds.SECRET, "ocr-env", NS)
    assert base64.b64decode(environment["data"]["KEY"]) == b"kept"


async def test_a_stopped_service_stays_so(admin: Client, cluster: Cluster, body: Body) -> None:
    await admin.post("/system/services", json=body)
    await admin.post(f"{OCR}/stop")
    await rotated(admin)
    assert cluster.deployment("ocr")["spec"]["replicas"] == 0


async def test_a_service_that_is_not_exposed_has_one_too(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await admin.post("/system/services", json=body)
    del body["expose"]
    await admin.put("/system/services", json=body)
    token = await rotated(admin)
    assert (await answered(admin))["token"] == token
    assert cluster.names(kinds.DEPLOYMENT) == []


async def test_of_whom_and_by_whom(admin: Client, anyone: Client, body: Body) -> None:
    assert (await admin.post(f"{OCR}/token")).status == 404
    await admin.post("/system/services", json=body)
    assert (await anyone.post(f"{OCR}/token")).status == 401
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert (await admin.post(f"{OCR}/token", headers=headers)).status == 403
    assert (await admin.get(f"{OCR}/token")).status == 404
