"""A canary in each secret place of a definition: nothing shows it but Secrets of the service."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from gateway.management.metrics import Metrics
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler
from shared.embedded import kinds
from shared.embedded.declarations import HUBS
from shared.kube.events import EventRecorder
from tests.gateway.management.cluster import NS, Cluster

Client = TestClient[Any, Any]
SERVICES = "/system/services"


def secretive(canary: str) -> dict[str, Any]:
    """The parts of OSCAR's Service that hold secrets."""
    return {
        "environment": {"variables": {"MODE": "fast"}, "secrets": {"KEY": canary}},
        "storage_providers": {
            "minio": {
                "default": {"endpoint": "https://m", "access_key": canary, "secret_key": canary}
            },
            "s3": {"aws": {"region": "eu", "access_key": canary, "secret_key": canary}},
            "onedata": {"o": {"oneprovider_host": "h", "token": canary, "space": "s"}},
            "webdav": {"d": {"hostname": "h", "login": "me", "password": canary}},
        },
        "clusters": {
            "one": {"endpoint": "https://c", "auth_user": "me", "auth_password": canary},
            "two": {"endpoint": f"https://me:{canary}@c"},
        },
        "federation": {
            "members": [
                {"service_name": "x", "headers": {"Authorization": f"Bearer {canary}"}},
                {"url": "https://x", "auth_password": canary},
            ]
        },
        "refresh_token": canary,
    }


async def test_no_canary_is_seen_but_in_secrets(
    admin: Client, cluster: Cluster, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = []

    async def call(method: str, path: str, **sent: Any) -> str:
        answer = await admin.request(method, SERVICES + path, **sent)
        said.append(await answer.text() + repr(answer.headers))
        return said[-1]

    await call("POST", "", json=body | secretive("canary-1"))
    await call("POST", "", json=body | secretive("canary-2"))  # it exists already
    await call("PUT", "", json=body | secretive("canary-3"))
    await call("GET", "/ocr?include=deployment")
    await call("GET", "/ocr/description")
    await call("PUT", "", json=body | secretive("canary-4") | {"memory": "much"})
    await call("PUT", "", json=body | {"environment": {"secrets": {"KEY": {"a": "canary-5"}}}})
    await call("PUT", "", json=body | {"environment": {"secrets": {"K=": "canary-6"}}})
    await call("PUT", "", json=body | {"environment": {"secrets": ["canary-7"]}})
    await call("PUT", "", json=body | {"environment": [{"secrets": {"KEY": "canary-9"}}]})
    await call("PUT", "", data=b'{"environment": {"secrets": {"KEY": "canary-8", }')
    for action in ("stop", "start", "restart"):
        await call("POST", f"/ocr/{action}")
    cluster.api.delete(kinds.SECRET, "ocr-env", NS)
    counts, events = Metrics(), EventRecorder(cluster.kube, "test")
    reconciler = Reconciler(cluster.kube, Lifecycle(cluster.kube), counts, events)
    await reconciler.round()
    said += [repr(events._queue.get_nowait()) for _ in range(events._queue.qsize())]
    said.append(await (await admin.get("/metrics")).text() + counts.render().decode())
    said += [json.dumps(obj) for obj in objects(cluster) if obj["kind"] != "Secret"]
    said.append(caplog.text)
    for text in said:
        assert "canary" not in text


def objects(cluster: Cluster) -> list[dict[str, Any]]:
    """All that the cluster holds."""
    found = []
    for kind in HUBS.values():
        space = NS if kind.namespaced else None
        found += [{**obj, "kind": kind.kind} for obj in cluster.api.list(kind, space)]
    return found


async def test_what_comes_back_blank_is_as_it_was(
    admin: Client, cluster: Cluster, body: dict[str, Any]
) -> None:
    await admin.post(SERVICES, json=body | secretive("canary"))
    kept = len(json.dumps(secretive("#")).split("#")) - 1
    assert "".join(cluster_text(cluster)).count("canary") == kept
    answer = await (await admin.get(f"{SERVICES}/ocr")).json()
    assert answer["clusters"]["one"] == {
        "endpoint": "https://c",
        "auth_user": "me",
        "auth_password": "",
    }
    assert (await admin.put(SERVICES, json=answer)).status == 204
    assert "".join(cluster_text(cluster)).count("canary") == kept
    answer["image"] = "registry/ocr:2"
    answer["clusters"]["one"]["auth_password"] = "changed"
    assert (await admin.put(SERVICES, json=answer)).status == 204
    assert "".join(cluster_text(cluster)).count("changed") == 1
    assert "".join(cluster_text(cluster)).count("canary") == kept - 1


def cluster_text(cluster: Cluster) -> list[str]:
    """What the Secret of the token keeps, decoded."""
    data = cluster.api.get(kinds.SECRET, "ocr-token", NS)["data"]
    return [base64.b64decode(value).decode() for value in data.values()]
