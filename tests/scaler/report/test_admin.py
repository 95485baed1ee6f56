from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from scaler.report.admin import app
from scaler.report.metrics import ScalerCollector
from scaler.report.stats import ServiceStatus, Stats
from tests.scaler.report.test_metrics import DECISION

if TYPE_CHECKING:
    from pytest_aiohttp.plugin import AiohttpClient


async def test_what_the_admin_port_answers(aiohttp_client: AiohttpClient) -> None:
    stats, hangs, lacks = Stats(), ["the loop hangs"], ["waiting for the first list of pods"]
    stats.services["a"] = ServiceStatus(decision=DECISION, decided=5.0)
    registry = CollectorRegistry()
    registry.register(ScalerCollector(stats, tuple))
    client = await aiohttp_client(app(registry, stats, lambda: "".join(hangs), lambda: lacks))

    for path, problems in (("/healthz", hangs), ("/readyz", lacks)):
        answer = await client.get(path)
        assert (answer.status, await answer.text()) == (503, f"{problems[0]}\n")
        problems.clear()
        answer = await client.get(path)
        assert (answer.status, await answer.text()) == (200, "ok\n")

    metrics = await client.get("/metrics")
    assert metrics.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'scaler_desired_replicas{service="a"} 4.0' in await metrics.text()

    decisions = await (await client.get("/decisions")).json()
    assert decisions["a"]["standing"] == "active"
    assert decisions["a"]["decision"]["replicas"] == 4
    assert decisions["a"]["decision"]["reasons"] == ["Burst"]

    stats.services["b"] = ServiceStatus()
    for asked, answered in (("a", {"a"}), ("c", set())):
        one = await (await client.get("/decisions", params={"service": asked})).json()
        assert one.keys() == answered
