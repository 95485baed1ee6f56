"""The manual clock wakes sleepers in due order and at their own moment."""

from __future__ import annotations

import asyncio

from shared.runtime.clock import ManualClock, SystemClock, settle


async def test_sleepers_wake_in_order() -> None:
    clock, woken = ManualClock(0.0), []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now()))

    tasks = [asyncio.create_task(sleeper(name, at)) for name, at in (("b", 2.0), ("a", 1.0))]
    await settle()
    assert clock.sleeping == 2
    await clock.advance(5.0)
    assert woken == [("a", 1.0), ("b", 2.0)]
    assert clock.now() == 5.0
    await asyncio.gather(*tasks)


async def test_a_cancelled_sleeper_is_passed_over() -> None:
    clock = ManualClock(0.0)
    task = asyncio.create_task(clock.sleep(1.0))
    await settle()
    task.cancel()
    await settle()
    assert clock.sleeping == 0
    await clock.advance(2.0)
    assert task.cancelled()


async def test_the_system_clock_runs() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.001)
    assert clock.monotonic() > before
    assert clock.now() > 1.7e9
