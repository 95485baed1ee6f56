"""The console of real gateway processes: of one, and of several as one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.gateway.admin.console.sse import stream
from tests.gateway.fake_cluster import (
    TOKEN,
    configmap,
    endpoint_slice,
    entry,
    kubeconfig,
    serving,
)
from tests.gateway.processes import App, GatewayProcess, gateway

if TYPE_CHECKING:
    from pathlib import Path

FAILING = 8
"""So many that several workers have some; that nothing listens is found out once, as it takes a
second."""
WORD = "sesame-open"


async def fail(process: GatewayProcess) -> None:
    """Requests with tokens everywhere, each on a connection of its own: one is let in and finds
    nobody."""
    secrets = {"Authorization": f"Bearer {TOKEN}", "Cookie": f"a={WORD}", "Referer": f"/?{WORD}"}
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as client:
        for index in range(FAILING):
            headers = secrets if index == 0 else secrets | {"Authorization": f"Bearer {WORD}"}
            url = await process.url(f"/x%1B;token={WORD}?token={TOKEN}&q={WORD}")
            async with client.get(url, headers=headers) as answer:
                assert answer.status == (401 if index else 502)


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_failed_requests_of_all_workers_are_shown_and_no_secret(
    tmp_path: Path, workers: str
) -> None:
    async with App.started() as app, serving() as cluster:
        cluster.put("configmaps", configmap("a", api_port=app.port, set_auth=True))
        cluster.put("endpointslices", endpoint_slice("a", entry("127.0.0.1"), port=1))
        config = kubeconfig(tmp_path, cluster.port)
        async with gateway(config, GATEWAY_WORKERS=workers) as process:
            await process.said("listening on", times=int(workers))
            await fail(process)
            async with stream(await process.admin("/console/stream?service=a")) as events:
                state = await events.until("state")
                told = await events.until("service")
                while sum(one["count"] for one in told["errors"]) < FAILING:  # an earlier look
                    told = await events.until("service")
    assert state["gateway"]["workers"] == int(workers)
    assert state["gateway"]["state"] == "ready"
    assert state["services"]["a"]["set_auth"] is True
    assert state["gateway"]["scaler"]["connected"] is False
    counted = {one["reason"]: one["count"] for one in told["errors"]}
    assert counted == {"connect_failed": 1, "unauthorized": FAILING - 1}
    assert {one["status"] for one in told["failed"]} == {401, 502}
    assert {one["path"] for one in told["failed"]} == {
        "/system/services/a/exposed/x%1B;token=REDACTED"
    }
    assert len({one["request_id"] for one in told["failed"]}) == FAILING
    shown = events.text.decode()
    assert TOKEN not in shown
    assert WORD not in shown
    assert "<token>" in told["curl"]
    assert json.loads(json.dumps(told)) == told
