"""Time as an argument: the real clock, and one that a test moves by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """What code that waits or ages things needs to know of time."""

    def now(self) -> float:
        """Wall time in seconds since the epoch, to compare with timestamps of the cluster."""

    def monotonic(self) -> float:
        """Seconds that never run backwards, to measure durations."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that stands still until `advance` is awaited; sleepers wake in due order."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self._now = now
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + max(seconds, 0.0), next(self._order), waiter))
        await waiter

    @property
    def sleeping(self) -> int:
        """How many sleepers wait; a test awaits that its subject has come to rest."""
        return sum(not waiter.done() for _, _, waiter in self._sleepers)

    @property
    def next_in(self) -> float:
        """Seconds until the first sleeper is due; there must be one."""
        return min(due for due, _, waiter in self._sleepers if not waiter.done()) - self._now

    async def advance(self, seconds: float) -> None:
        """Move time on by `seconds`, waking each sleeper at its own moment."""
        end = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self._now, _, waiter = heapq.heappop(self._sleepers)
            if not waiter.done():
                waiter.set_result(None)
            await settle()
        self._now = end
        await settle()


async def settle(turns: int = 20) -> None:
    """Let ready tasks run; enough turns for a chain of callbacks, none of real time."""
    for _ in range(turns):
        await asyncio.sleep(0)
