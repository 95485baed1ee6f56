"""The supervisor sees every end of every task."""

from __future__ import annotations

import asyncio
import logging

import pytest

from shared.runtime.tasks import Supervisor


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
