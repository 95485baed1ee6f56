from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from scaler.admin import app
from scaler.metrics import ScalerCollector
from scaler.stats import ServiceStatus, Stats
from tests.scaler.test_metrics import DECISION

if TYPE_CHECKING:
    from pytest_aiohttp.plugin import AiohttpClient


async def test_what_the_admin_port_answers(aiohttp_client: AiohttpClient) -> None:
    stats, missing = Stats(), ["pods", "deployments"]
    stats.services["a"] = ServiceStatus(decision=DECISION, decided=5.0)
    registry = CollectorRegistry()
    registry.register(ScalerCollector(stats, dict))
    client = await aiohttp_client(app(registry, stats, lambda: missing))

    assert (await client.get("/healthz")).status == 200
    ready = await client.get("/readyz")
    assert ready.status == 503
    assert "pods, deployments" in await ready.text()
    missing.clear()
    assert (await client.get("/readyz")).status == 200

    metrics = await client.get("/metrics")
    assert metrics.content_type == "text/plain"
    assert 'scaler_desired_replicas{service="a"} 4.0' in await metrics.text()

    decisions = await (await client.get("/decisions")).json()
    assert decisions["a"]["standing"] == "active"
    assert decisions["a"]["decision"]["replicas"] == 4
    assert decisions["a"]["decision"]["reasons"] == ["Burst"]
