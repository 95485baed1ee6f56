"""OSCAR's clients against the services API, with the embedded cluster behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.runtime.clock import ManualClock
from tests.gateway.management.cluster import Cluster, running


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with running(tmp_path) as cluster:
        yield cluster


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[TestClient[Any, Any]]:
    """The services API; its administrator is oscar:secret."""
    admin = Credentials("oscar", "secret")
    app = application(cluster.kube, Lifecycle(cluster.kube), admin, ManualClock())
    async with TestClient(TestServer(app)) as client:
        yield client
