"""Nothing is lost when a part of the system ends, or falls silent, while a service wakes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.e2e.conftest import Run, free_ports
from tests.e2e.zero import Reply, Sleeper, beside, it, run, sleeper
from tests.waiting import until

if TYPE_CHECKING:
    import psutil

__all__ = ["it", "run"]

SILENT = 4.0
"""Seconds for which the API server does not answer: longer than a request of the scaler may take is
not needed, and shorter than its lease keeps the test short."""

pytestmark = pytest.mark.timeout(300)


def process(run: Run, module: str) -> psutil.Process:
    found = run.child(module)
    assert found is not None
    return found


async def insistent(it: Sleeper) -> Reply:
    """As clients do that repeat what never reached anybody: after a broken connection, no more."""
    while True:
        try:
            return await it.ask()
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("written", [False, True])
async def test_a_scaler_that_is_killed_while_it_wakes_loses_nothing(
    it: Sleeper, written: bool
) -> None:
    await it.asleep()
    asked = [asyncio.create_task(it.ask()) for _ in range(10)]
    if written:
        await it.awake()
    process(it.run, "scaler").kill()
    assert {one.status for one in await asyncio.gather(*asked)} == {200}


async def test_another_scaler_goes_on_with_a_wake_whose_scaler_is_stuck(it: Sleeper) -> None:
    """The lease has to run out first."""
    await it.asleep()
    settings = {
        "SCALER_HOST": "127.0.0.1",
        "SCALER_PORT": str(free_ports()["SCALER"]),
        "SCALER_GATEWAYS": f"http://127.0.0.1:{it.run.ports['GATEWAY_ADMIN']}",
        "SCALER_IDENTITY": "other",
    }
    first = process(it.run, "scaler")
    with beside(it.run, "scaler", "scaler", "run", **settings):
        first.suspend()
        try:
            assert {one.status for one in await asyncio.gather(*(it.ask() for _ in range(5)))} == {
                200
            }
        finally:
            first.resume()
        await it.asleep()
    await it.asleep()
    assert (await it.ask()).status == 200


async def test_a_gateway_that_is_killed_while_a_service_wakes_holds_up_nobody(it: Sleeper) -> None:
    await it.asleep()
    asked = [asyncio.create_task(insistent(it)) for _ in range(10)]
    await it.awake()
    process(it.run, "gateway").kill()
    assert {one.status for one in await asyncio.gather(*asked)} == {200}


async def test_it_wakes_when_the_api_server_is_back(it: Sleeper) -> None:
    await it.asleep()
    server = process(it.run, "shared.embedded")
    server.suspend()
    try:
        asked = [asyncio.create_task(it.ask()) for _ in range(10)]
        await asyncio.sleep(SILENT)
        assert not any(one.done() for one in asked)
    finally:
        server.resume()
    assert {one.status for one in await asyncio.gather(*asked)} == {200}


async def test_it_wakes_when_the_api_server_was_killed(it: Sleeper) -> None:
    await it.asleep()
    process(it.run, "shared.embedded").kill()
    asked = [asyncio.create_task(it.ask()) for _ in range(10)]
    assert {one.status for one in await asyncio.gather(*asked)} == {200}
    async with sleeper(it.run) as again:
        await again.asleep()


async def test_what_finds_no_room_says_so_and_goes_on_once_there_is_some(it: Sleeper) -> None:
    async def is_told() -> bool:
        async with it.session.head(it.url, headers={"Prefer": "wait=0"}) as answer:
            return answer.headers.get("X-Gateway-Phase") == "unschedulable"

    await it.asleep()
    it.run.kubectl("cordon", "local")
    try:
        asked = asyncio.create_task(it.ask())
        await until(is_told, "the phase of a pod without a node", period=0.1)
        async with it.session.get(it.url, headers={"Accept": "text/html"}) as page:
            assert "There is no room for sleepy" in await page.text()
    finally:
        it.run.kubectl("uncordon", "local")
    assert (await asked).status == 200
