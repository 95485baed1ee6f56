"""The admin port over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.admin.app import Admin
from tests.gateway.deaf import deaf

if TYPE_CHECKING:
    from aiohttp.test_utils import TestClient
    from pytest_aiohttp import AiohttpClient

SNAPSHOT: dict[str, Any] = {
    "services": {"a": {"in_flight": 2, "waiting": 1}, "_management": {"in_flight": 1}},
    "ready": True,
    "why": "",
    "connections": 1,
    "age": 0.5,
    "invalid": 0,
}


class _State:
    excuse = ""


@pytest.fixture
def state() -> _State:
    return _State()


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, state: _State) -> TestClient[Any, Any]:
    async def source() -> dict[str, Any]:
        return SNAPSHOT

    async def excuse() -> str:
        return state.excuse

    return await aiohttp_client(Admin(source, excuse, deaf()).application())


async def test_readiness_says_why_not(client: TestClient[Any, Any], state: _State) -> None:
    assert (await client.get("/readyz")).status == 200
    state.excuse = "draining"
    answer = await client.get("/readyz")
    assert (answer.status, await answer.text()) == (503, "not ready: draining\n")
    assert (await client.get("/healthz")).status == 200


async def test_metrics_have_prometheus_type(client: TestClient[Any, Any]) -> None:
    answer = await client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'gateway_in_flight{service="a"} 2.0' in await answer.text()


async def test_load_is_what_the_scaler_reads(client: TestClient[Any, Any]) -> None:
    assert await (await client.get("/load")).json() == {
        "a": {
            "in_flight": 2,
            "waiting": 1,
            "arrivals": 0,
            "request_seconds": 0,
            "seconds": 0,
            "longest": 0,
            "open": 0,
            "idle_s": 0,
            "pods": {},
        },
        "_gateway": {
            "in_flight": 0,
            "waiting": 0,
            "process": "",
            "up_s": 0.0,
            "scalers": 0,
        },
    }


async def test_the_snapshot_and_no_console_where_there_is_none(
    client: TestClient[Any, Any],
) -> None:
    assert (await client.get("/")).status == 404
    assert await (await client.get("/snapshot")).json() == SNAPSHOT
