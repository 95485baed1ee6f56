"""To zero and back through real processes: nothing runs while nobody asks, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.e2e.zero import Sleeper, it, run
from tests.waiting import until

__all__ = ["it", "run"]

CYCLES = int(os.environ.get("ZERO_CYCLES", "20"))
AFTER = 1.0
"""Seconds of `zero_after`."""
END = 3.0
"""Seconds that a pod takes to end, and some more."""

pytestmark = pytest.mark.timeout(180 + 15 * CYCLES)


async def test_it_sleeps_and_the_next_request_is_answered(it: Sleeper) -> None:
    await it.asleep()
    assert "asleep (" in it.run.exposed("list")
    reply = await it.ask()
    assert reply.status == 200
    assert reply.cold is not None
    assert 0 < reply.cold < 30
    assert (await it.ask()).cold is None
    events = it.run.kubectl("get", "events", "-n", "oscar-svc")
    assert "Sleep" in events
    assert "Wake" in events


async def test_it_can_be_woken_by_hand(it: Sleeper) -> None:
    """Who waits for it looks each second; a stream keeps it awake for him, begun once it wakes."""
    await it.asleep()
    waking = asyncio.create_task(
        asyncio.to_thread(it.run.exposed, "wake", "sleepy", "--wait"), name="exposed wake"
    )
    await it.awake()
    async with it.session.get(it.url + "events") as stream:
        assert stream.status == 200
        assert "service/sleepy runs" in await waking


async def test_who_is_not_to_wake_it_does_not(it: Sleeper) -> None:
    await it.asleep()
    reply = await it.ask(headers={"User-Agent": "a Crawler"})
    assert reply.status == 503
    assert await it.is_asleep()


async def test_no_request_around_the_end_of_the_last_pod_is_lost(it: Sleeper) -> None:
    """At moments that chance chooses: near the decision, and from the write to the pod's end."""
    draw = random.Random(CYCLES)
    cold = 0
    for number in range(CYCLES):
        if number % 2:
            await asyncio.sleep(AFTER - 0.3 + draw.random() * END)
        else:
            await until(it.is_put_to_sleep, "a decision to sleep", period=0.01)
            await asyncio.sleep(draw.random() * END)
        method = draw.choice(("GET", "POST"))
        reply = await it.ask(method=method, data=b"x" * 100 if method == "POST" else None)
        assert reply.status == 200, (number, reply)
        cold += reply.cold is not None
    assert cold >= CYCLES // 2


async def test_a_burst_at_a_sleeping_service_is_answered(it: Sleeper) -> None:
    await it.asleep()
    replies = await asyncio.gather(*(it.ask() for _ in range(500)))
    assert {one.status for one in replies} == {200}
    assert all(one.cold is not None for one in replies[:10])
