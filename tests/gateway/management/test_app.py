"""Who may call, what failures look like, probes and metrics."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.app import MAX_BODY, application
from gateway.management.store.lifecycle import Lifecycle
from shared.embedded import kinds
from shared.kube.client import KubeClient
from shared.runtime.clock import ManualClock
from tests.gateway.management.cluster import NS, Cluster
from tests.shared.kube.scripted import Script, kubeconfig_file, refuses, resets, serve

Client = TestClient[Any, Any]
SERVICES = "/system/services"


@pytest.mark.parametrize("user", [None, ("oscar", "wrong"), ("other", "secret"), ("", "")])
@pytest.mark.parametrize("path", [SERVICES, f"{SERVICES}/ocr", "/system/nothing"])
async def test_only_the_administrator_may_call(
    anyone: Client, user: tuple[str, str] | None, path: str
) -> None:
    headers = {"Authorization": encode_basic_auth(*user)} if user else {}
    response = await anyone.get(path, headers=headers)
    assert response.status == 401
    assert await response.text() == ""
    assert response.headers["WWW-Authenticate"] == 'Basic realm="Authorization Required"'


async def test_health_needs_no_credentials(anyone: Client) -> None:
    for path, text in (("/health", "Ok"), ("/healthz", "Ok"), ("/readyz", "ready\n")):
        response = await anyone.get(path)
        assert (response.status, await response.text()) == (200, text)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/system/nothing"),
        ("PATCH", SERVICES),
        ("PUT", f"{SERVICES}/ocr"),
        ("POST", f"{SERVICES}/ocr/explode"),
        ("GET", f"{SERVICES}/ocr/stop"),
        ("GET", "/other"),
    ],
)
async def test_an_unknown_path_or_method_is_404(admin: Client, method: str, path: str) -> None:
    response = await admin.request(method, path)
    assert (response.status, await response.text()) == (404, "404 page not found")


async def test_a_slash_too_many_redirects(admin: Client) -> None:
    for method, path, code in (
        ("GET", f"{SERVICES}/?include=deployment", 301),
        ("POST", f"{SERVICES}/ocr/stop/", 307),
    ):
        response = await admin.request(method, path, allow_redirects=False)
        assert response.status == code
        assert response.headers["Location"] == path.replace("/?", "?").rstrip("/")


async def test_a_huge_body_is_refused(admin: Client) -> None:
    response = await admin.post(SERVICES, data=io.BytesIO(b" " * (MAX_BODY + 1)))
    assert response.status == 413
    assert str(MAX_BODY) in await response.text()


async def test_a_script_that_does_not_fit_is_refused_by_name(admin: Client) -> None:
    body = {"name": "a", "image": "i", "script": "x" * (MAX_BODY - 100), "expose": {"api_port": 1}}
    response = await admin.post(SERVICES, json=body)
    assert response.status == 400
    assert "script: script and definition take" in await response.text()


async def test_a_broken_definition_is_left_out_of_the_list_and_told_apart(
    admin: Client, cluster: Cluster, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    broken = {
        "metadata": {"name": "broken", "labels": {"oscar_service": "broken"}},
        "data": {"function_config.yaml": "name: other\n"},
    }
    cluster.api.create(kinds.CONFIG_MAP, broken, NS, manager="test")
    await admin.post(SERVICES, json=body)
    listed = await (await admin.get(SERVICES)).json()
    assert [one["name"] for one in listed] == ["ocr"]
    assert "ConfigMap broken is not a service" in caplog.text
    response = await admin.get(f"{SERVICES}/broken")
    assert response.status == 500
    assert "replace it with PUT or delete it" in await response.text()
    assert (await admin.put(SERVICES, json=body | {"name": "broken"})).status == 204
    assert (await admin.get(f"{SERVICES}/broken")).status == 200


async def test_metrics_name_routes_and_not_paths(admin: Client) -> None:
    await admin.get(f"{SERVICES}/some-name")
    await admin.get("/system/some-name")
    answer = await admin.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = await answer.text()
    assert 'code="404",method="GET",route="/system/services/{name}"' in text
    assert 'route="none"' in text
    assert "some-name" not in text


@asynccontextmanager
async def without_cluster(script: Script, folder: Path) -> AsyncIterator[Client]:
    async with serve(script):
        path = kubeconfig_file(folder, script.url)
        async with KubeClient.open(field_manager="t", kubeconfig=path) as kube:
            credentials = Credentials("oscar", "secret")
            app = application(kube, Lifecycle(kube), credentials, ManualClock())
            headers = {"Authorization": encode_basic_auth("oscar", "secret")}
            async with TestClient(TestServer(app), headers=headers) as client:
                yield client


async def test_a_cluster_that_does_not_answer_is_503(tmp_path: Path) -> None:
    async with without_cluster(Script(otherwise=resets()), tmp_path) as client:
        for path in (SERVICES, "/readyz"):
            response = await client.get(path)
            assert response.status == 503
            assert response.headers["Retry-After"] == "2"
            assert "the cluster does not answer" in await response.text()
        assert (await client.get("/healthz")).status == 200


async def test_a_missing_right_is_500_with_its_reason(tmp_path: Path) -> None:
    script = Script(otherwise=refuses(403, "Forbidden", "cannot list configmaps"))
    async with without_cluster(script, tmp_path) as client:
        ready = await client.get("/readyz")
        assert (ready.status, ready.headers["Retry-After"]) == (503, "2")  # it may just be starting
        response = await client.get(SERVICES)
        assert response.status == 500
        assert "Error reading the service: 403 Forbidden: cannot list configmaps" in (
            await response.text()
        )
