from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.runtime.clock import ManualClock
from shared.service.model import Environment, Expose, Service
from tests.gateway.management.cluster import Cluster, running


@pytest.fixture
def service() -> Service:
    """A service that uses what can be used."""
    return Service(
        name="ocr",
        image="registry/ocr:1",
        script="exec python server.py\n",
        memory="1Gi",
        cpu="500m",
        environment=Environment(variables={"MODE": "fast", "OSCAR_SERVICE_NAME": "forged"}),
        expose=Expose(api_port=(5000, 5001), min_scale=2, max_scale=5),
        labels={"team": "vision"},
    )


@pytest.fixture
def body() -> dict[str, Any]:
    """What a client posts."""
    return {
        "name": "ocr",
        "image": "registry/ocr:1",
        "script": "exec python server.py\n",
        "cpu": "500m",
        "memory": "1Gi",
        "environment": {"variables": {"MODE": "fast"}},
        "expose": {"api_port": 5000, "min_scale": 2, "max_scale": 5, "set_auth": True},
    }


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with running(tmp_path) as cluster:
        yield cluster


@pytest.fixture
async def anyone(cluster: Cluster) -> AsyncIterator[TestClient[Any, Any]]:
    """A client of the services API without credentials."""
    admin = Credentials("oscar", "secret")
    app = application(cluster.kube, Lifecycle(cluster.kube), admin, ManualClock())
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
async def admin(anyone: TestClient[Any, Any]) -> AsyncIterator[TestClient[Any, Any]]:
    """The administrator's client."""
    client: TestClient[Any, Any] = TestClient(
        anyone.server, headers={"Authorization": encode_basic_auth("oscar", "secret")}
    )
    async with client:
        yield client
