"""Several workers behind one port, with real processes and signals."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import aiohttp
import psutil
import pytest

from gateway.admin import app as admin
from gateway.workers import Worker
from tests.gateway.fake_cluster import configmap, endpoint_slice, entry, kubeconfig, serving
from tests.gateway.processes import App, GatewayProcess, gateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import Any

REQUESTS = 40


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    async with App.started() as app, serving() as cluster:
        cluster.put("configmaps", configmap("a", api_port=app.port))
        cluster.put("endpointslices", endpoint_slice("a", entry("127.0.0.1"), port=app.port))
        config = kubeconfig(tmp_path, cluster.port)
        async with gateway(config, GATEWAY_WORKERS="2") as process:
            await process.said("listening on", times=2)
            yield process


async def fetch(process: GatewayProcess, count: int) -> None:
    """So many requests, each on its own connection, so that the kernel spreads them."""
    url = await process.url()
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as client:
        for _ in range(count):
            async with client.get(url) as answer:
                assert answer.status == 200


async def numbers(process: GatewayProcess) -> dict[str, float]:
    async with (
        aiohttp.ClientSession() as client,
        client.get(await process.admin("/metrics")) as answer,
    ):
        lines = (await answer.text()).splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


HELD = 'gateway_in_flight_seconds_total{service="a"}'
LASTED = 'gateway_request_duration_seconds_sum{service="a"}'
SERVED = 'gateway_requests_total{code="200",method="GET",service="a",source="upstream"}'


async def test_workers_are_counted_as_one_and_replaced_when_they_die(
    process: GatewayProcess,
) -> None:
    await fetch(process, REQUESTS)
    found = await numbers(process)
    assert found[SERVED] == REQUESTS
    assert found[HELD] == pytest.approx(found[LASTED])
    assert found["gateway_workers"] == 2
    assert found['gateway_endpoints{service="a",state="ready"}'] == 1

    children = psutil.Process(process.process.pid).children()
    os.kill(children[0].pid, signal.SIGKILL)
    await process.said("worker . ended")
    await process.said("listening on", times=3)
    await fetch(process, REQUESTS)
    found = await numbers(process)
    assert found[SERVED] == 2 * REQUESTS, "what a dead worker counted is not lost"
    assert found[HELD] == pytest.approx(found[LASTED])
    assert found["gateway_worker_restarts_total"] == 1

    process.terminate()
    assert await process.process.wait() == 0
    assert not any(child.is_running() for child in children)


async def test_no_worker_outlives_its_parent(process: GatewayProcess) -> None:
    children = psutil.Process(process.process.pid).children()
    assert len(children) == 2
    process.process.kill()
    await asyncio.to_thread(psutil.wait_procs, children, 30)
    assert not any(child.is_running() for child in children)


async def test_a_worker_that_does_not_answer_keeps_what_it_counted(tmp_path: Path) -> None:
    held = {"in_flight": 3, "seconds": 9.0}
    counted = {"request_seconds": 20.0}

    async def source() -> dict[str, Any]:
        return {"services": {"a": held | counted}, "connections": 1}

    async def excuse() -> str:
        return ""

    worker = Worker(0, tmp_path, 0)
    assert await worker.numbers() == []
    async with admin.serving(admin.Admin(source, excuse).application(), worker.socket):
        assert await worker.numbers() == [await source()]
    assert await worker.numbers() == [{"services": {"a": counted}}]
