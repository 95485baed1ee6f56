"""A process is asked to end by two signals, as often as somebody likes."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from shared.runtime.signals import on_stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_each_signal_calls_and_ends_nothing_by_itself(number: signal.Signals) -> None:
    calls: asyncio.Queue[None] = asyncio.Queue()
    on_stop(lambda: calls.put_nowait(None))
    try:
        for _ in range(2):
            os.kill(os.getpid(), number)
            await calls.get()
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(each)
