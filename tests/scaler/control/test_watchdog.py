"""The sign of life of the real loop, in virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from scaler.control.watchdog import ALLOWANCE
from shared.kube.times import micro_time
from tests.scaler.objects import NOW, service
from tests.scaler.world import World, world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[World]:
    async with world(service("a", 1), tmp_path) as made:
        yield made


async def begin(one: World) -> None:
    """Start the loop and wait for the end of its first tick."""
    one.tasks.start("loop", one.loop.run())
    await one.watchdog.ended.wait()


async def tick(one: World) -> None:
    one.watchdog.ended.clear()
    await one.clock.advance(1.0)
    await one.watchdog.ended.wait()


async def test_a_loop_that_has_not_begun_does_not_hang(one: World) -> None:
    await one.clock.advance(10 * ALLOWANCE)
    assert one.watchdog.stopped() == ""


@pytest.mark.parametrize("leads", [True, False])
async def test_a_loop_that_ticks_is_alive_whether_it_leads_or_not(one: World, leads: bool) -> None:
    one.leads = leads
    await begin(one)
    for _ in range(int(2 * ALLOWANCE)):
        await tick(one)
        assert one.watchdog.stopped() == ""


async def test_a_loop_that_hangs_says_where_and_since_when_until_it_goes_on(
    one: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(one)
    asked, answer = asyncio.Event(), asyncio.Event()
    fetch = one.fetcher.fetch

    async def stuck() -> object:
        asked.set()
        await answer.wait()
        return await fetch()

    monkeypatch.setattr(one.fetcher, "fetch", stuck)
    while not asked.is_set():
        await one.clock.advance(1.0)
    began = one.clock.now()
    assert began > NOW
    await one.clock.advance(ALLOWANCE - 1.0)
    assert one.watchdog.stopped() == ""
    await one.clock.advance(2.0)
    told = one.watchdog.stopped()
    assert told.startswith("the loop hangs: no tick has ended for ")
    assert f"since {micro_time(began)} it is waiting for samples from metrics.k8s.io" in told
    one.watchdog.ended.clear()
    answer.set()
    await one.watchdog.ended.wait()
    assert one.watchdog.stopped() == ""


async def test_a_loop_that_never_ends_its_first_tick_hangs(one: World) -> None:
    one.watchdog.doing("waiting for samples from kubelet")
    await one.clock.advance(ALLOWANCE + 1.0)
    assert "waiting for samples from kubelet" in one.watchdog.stopped()
