"""The supervisor sees every end of every task."""

from __future__ import annotations

import asyncio
import logging

import pytest

from shared.runtime.tasks import Supervisor, first_of


async def test_a_failure_reaches_the_owner_and_the_others_are_cancelled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise OSError("broken")

    async with Supervisor() as tasks:
        other = tasks.start("other", asyncio.Event().wait())
        tasks.start("one that fails", fail())
        with caplog.at_level(logging.ERROR), pytest.raises(OSError, match="broken"):
            await tasks.failed()
    assert other.cancelled()
    assert "task one that fails failed" in caplog.text


async def test_a_task_that_returns_is_forgotten() -> None:
    async with Supervisor() as tasks:
        await tasks.start("short", asyncio.sleep(0))
        waiting = asyncio.create_task(tasks.failed(), name="waiting")
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()


async def test_cancelling_the_wait_leaves_the_supervisor_whole() -> None:
    async with Supervisor() as tasks:
        waiting = asyncio.create_task(tasks.failed(), name="waiting")
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        task = tasks.start("still runs", asyncio.sleep(0))
        await task


async def test_until_returns_at_the_stop_and_leaves_the_tasks_running() -> None:
    stop = asyncio.Event()
    async with Supervisor() as tasks:
        running = tasks.start("running", asyncio.Event().wait())
        waiting = asyncio.create_task(tasks.until(stop), name="waiting")
        await asyncio.sleep(0)
        assert not waiting.done()
        stop.set()
        await waiting
        assert not running.done()


@pytest.mark.parametrize("which", [0, 1])
async def test_until_raises_what_a_task_of_any_of_its_supervisors_failed_with(which: int) -> None:
    async def fail() -> None:
        raise OSError("broken")

    async with Supervisor() as one, Supervisor() as other:
        (one, other)[which].start("one that fails", fail())
        with pytest.raises(OSError, match="broken"):
            await one.until(asyncio.Event(), other)


async def test_a_cancelled_until_leaves_no_task_behind() -> None:
    async with Supervisor() as tasks:
        waiting = asyncio.create_task(tasks.until(asyncio.Event()), name="waiting")
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_first_of_several_ends_the_others() -> None:
    endless = asyncio.Event()
    before = asyncio.all_tasks()
    await first_of("a wait", endless.wait(), asyncio.sleep(0), endless.wait())
    assert asyncio.all_tasks() == before


async def test_what_the_first_raises_is_raised() -> None:
    async def fail() -> None:
        raise OSError("broken")

    before = asyncio.all_tasks()
    with pytest.raises(OSError, match="broken"):
        await first_of("a wait", asyncio.Event().wait(), fail())
    assert asyncio.all_tasks() == before
