"""A work queue of keys: each key is worked on once at a time, and again if it changed meanwhile.

Source: Kubernetes client-go `util/workqueue` (rate-limited, delaying queue). One for each
controller; what a key stands for it does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import math
from typing import TYPE_CHECKING

from shared.embedded.errors import StatusError
from shared.runtime.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.embedded.controllers.cache import Key
    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

RETRIES = Backoff(first=0.01, longest=10.0)
LOUD_AFTER = 5  # failures of one key before the log says so: conflicts heal themselves


class WorkQueue:
    """Calls `reconcile(key)` for every key added; its answer is when (seconds) to look again.

    Waiting keys are a set, so the queue is no longer than there are objects. A reconcile that
    raises is repeated after the pauses of `RETRIES`.
    """

    def __init__(self, name: str, reconcile: Callable[[Key], float | None], clock: Clock) -> None:
        self.name = name
        self._reconcile = reconcile
        self._clock = clock
        self._dirty: dict[Key, None] = {}
        self._wake = asyncio.Event()
        self._later: dict[Key, float] = {}
        self._calendar: list[tuple[float, Key]] = []
        self._failures: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._dirty)

    def add(self, key: Key) -> None:
        """Have `key` worked on as soon as possible."""
        self._dirty[key] = None
        self._wake.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Have `key` worked on in `seconds`, or earlier if that was asked for before."""
        due = self._clock.monotonic() + seconds
        if due < self._later.get(key, math.inf):
            self._later[key] = due
            heapq.heappush(self._calendar, (due, key))
            self._wake.set()

    async def run(self) -> None:
        """Work for ever, one key a turn of the event loop."""
        while True:
            if self.step():
                await asyncio.sleep(0)
                continue
            self._wake.clear()
            pause = None
            if self._calendar:
                pause = max(0.0, self._calendar[0][0] - self._clock.monotonic())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    def step(self) -> bool:
        """Work on the key that waits longest; whether there was one."""
        self._ripen()
        if not self._dirty:
            return False
        key = next(iter(self._dirty))
        del self._dirty[key]
        try:
            again = self._reconcile(key)
        except Exception as error:  # one object's trouble must not end the controller
            self._failed(key, error)
            return True
        self._failures.pop(key, None)
        if again is not None:
            self.add_after(key, again)
        return True

    def _ripen(self) -> None:
        """Move what has become due to what is to be done now."""
        while self._calendar and self._calendar[0][0] <= self._clock.monotonic():
            due, key = heapq.heappop(self._calendar)
            if self._later.get(key) == due:  # else it was asked for earlier, and done
                del self._later[key]
                self._dirty[key] = None

    def _failed(self, key: Key, error: Exception) -> None:
        count = self._failures[key] = self._failures.get(key, 0) + 1
        unexpected = not isinstance(error, StatusError)
        if unexpected or count == LOUD_AFTER:
            log.warning(
                "%s %s/%s: attempt %d failed: %s",
                self.name,
                *key,
                count,
                error,
                exc_info=error if unexpected else None,
            )
        self.add_after(key, RETRIES.delay(count))
