"""Waits of the tests: for what other tasks or other processes bring about.

A wait in vain fails and says for what it waited; how long a good one took is not judged. Where an
event can be awaited, that is better than any of these.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


async def until(
    condition: Callable[[], object],
    what: str = "the condition",
    seconds: float = 60.0,
    period: float = 0.002,
) -> None:
    """Return as soon as `condition()` holds, or what it returns does when awaited.

    It is asked every `period` seconds; after `seconds` the test fails for want of `what`.
    """
    end = time.monotonic() + seconds
    while not (value := await _value(condition)):
        _in_time(end, what, seconds, value)
        await asyncio.sleep(period)


def until_blocking(
    condition: Callable[[], object], what: str = "the condition", seconds: float = 60.0
) -> None:
    """As `until`, for tests without a loop."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        _in_time(end, what, seconds, value)
        time.sleep(0.1)


async def still(value: Callable[[], int], period: float = 0.2, seconds: float = 60.0) -> int:
    """Wait until `value()` has moved and then stays for `period` seconds, as when a buffer fills.

    That nothing happens shows only by time going by.
    """
    end = time.monotonic() + seconds
    last, now = 0, value()
    while not now or now != last:
        _in_time(end, "a value that has moved and stays", seconds, now)
        await asyncio.sleep(period)
        last, now = now, value()
    return now


async def _value(condition: Callable[[], object]) -> object:
    value = condition()
    return await value if inspect.isawaitable(value) else value


def _in_time(end: float, what: str, seconds: float, last: object) -> None:
    if time.monotonic() > end:
        raise AssertionError(f"not within {seconds:g} s: {what}; last: {last!r}")
