"""Where the requests at pods are counted over all workers of a gateway, and who waits for pods."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

from gateway.sharing.memory import key_of

if TYPE_CHECKING:
    from gateway.sharing.memory import Memory

log = logging.getLogger(__name__)

SILENT: Final = 0.5
"""Seconds without a tick after which a worker is not waited for: it hangs, or is overloaded."""
NANO: Final = 1e9
"""Numbers in shared memory are whole ones: times are nanoseconds."""


class Queue(Protocol):
    """Requests of one service that wait for slots."""

    def heard(self, now: float) -> None:
        """The bell has rung: slots may have come free in other workers."""

    def again(self, now: float) -> None:
        """Look for slots, whatever others have told."""


class Sharing:
    """What the slots of all services have in common."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.waiting: set[Queue] = set()
        """Those that wait here for slots which others may give back."""
        self._beat = self._claimed("beats")
        self._full = False

    def key(self, *names: str) -> int:
        """Of a row of slots."""
        return key_of(self.memory.secret, *names)

    def _claimed(self, *names: str) -> int:
        """The row of these names, which stays theirs."""
        cells, key = self.memory.slots, self.key(*names)
        with cells.lock(key):
            row = cells.claim(key)
            if row >= 0:
                cells.mine[row] = 1
            return row

    def beat(self, now: float) -> None:
        """This worker is alive at monotonic `now`."""
        if self._beat >= 0:
            self.memory.slots.mine[self._beat] = int(now * NANO)

    def is_silent(self, worker: int, now: int) -> bool:
        """Whether a worker has not been heard of for too long; `now` in nanoseconds."""
        return self._beat >= 0 and now - self.memory.slots.of(worker, self._beat) > SILENT * NANO

    def full(self) -> None:
        """There is no row for a pod: say so once."""
        if not self._full:
            self._full = True
            log.warning(
                "too many pods with expose.concurrency are busy to be counted over all workers: "
                "each worker gives its share of some pods' slots, rounded up; use fewer workers "
                "and more gateways (GATEWAY_WORKERS), or concurrency for fewer services"
            )


class Place:
    """Requests at one pod, over all workers; `held` of them are this worker's."""

    __slots__ = ("_cells", "_key", "_sharing", "held")

    def __init__(self, sharing: Sharing, key: int) -> None:
        self._sharing = sharing
        self._cells = sharing.memory.slots
        self._key = key
        self.held = 0
        """As far as they are counted in the row."""

    @property
    def key(self) -> int:
        """Names the pod to other workers."""
        return self._key

    def taken(self, here: int) -> int:
        """Requests at the pod, of which so many are this worker's. Without a row every worker is
        taken to have as many."""
        row = self._cells.find(self._key)
        if row >= 0:
            return self._cells.total(row) + here - self.held
        return here * self._cells.workers

    def take(self, here: int, limit: int) -> bool:
        """Count one more, if there are fewer than `limit` (0: whatever there are)."""
        cells = self._cells
        with cells.lock(self._key):
            row = cells.claim(self._key)
            if limit and self.taken(here) >= limit:
                return False
            if row >= 0:
                cells.mine[row] += 1
                self.held += 1
            else:
                self._sharing.full()
            return True

    def give(self) -> None:
        """Count one less."""
        if self.held:
            self.held -= 1
            self._cells.mine[self._cells.find(self._key)] -= 1
