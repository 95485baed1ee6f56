"""Numbers that several workers keep under keys of 64 bits, in memory that they share. Pure.

A row has a number of each worker, which that worker alone writes, and one of all. A row whose
numbers are all zero is free: it need not be given back, and what a worker that died has left is
forgotten by zeros on its plane. Keys are found as in a set-associative cache: a key hashes to a set
of WAYS rows, of which each set has a lock of its own.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Lock = Callable[[int], AbstractContextManager[None]]
    """Holds the lock of a set, given by its number, over all workers."""

WAYS: Final = 8
CELL: Final = 8
"""Bytes of a number."""
FOREVER: Final = 2**63 - 1
KIN: Final = 48
"""Bits of a key below those by which its kin is known."""


def size(rows: int, workers: int) -> int:
    """Bytes of memory for so many rows."""
    return CELL * rows * (2 + workers)


def alone(_: int) -> AbstractContextManager[None]:
    """The lock of a worker that has the memory for itself."""
    return nullcontext()


class Cells:
    """`memory` of zeros, or what others have made of it, of `size(rows, workers)` bytes. `rows` is
    a multiple of WAYS; `me` is the number of this worker, from 0."""

    def __init__(
        self, memory: memoryview, rows: int, workers: int, me: int = 0, lock: Lock = alone
    ) -> None:
        numbers = memory.cast("q")
        planes = [numbers[start : start + rows] for start in range(0, len(numbers), rows)]
        self._keys, self.common, *self._planes = planes
        self._sets = rows // WAYS
        self._lock = lock
        self.mine = self._planes[me]
        self.workers = workers

    def lock(self, key: int) -> AbstractContextManager[None]:
        """Hold the rows that `key` may have, over all workers; only one lock at a time."""
        return self._lock(key % self._sets)

    def find(self, key: int) -> int:
        """The row of `key`; -1 when it has none. It is the key's as long as one of its numbers is
        not zero."""
        start = key % self._sets * WAYS
        keys = self._keys[start : start + WAYS].tolist()
        return start + keys.index(key) if key in keys else -1

    def claim(self, key: int, now: int = FOREVER, kin: int = WAYS) -> int:
        """The row of `key`, a free one if it has none; -1 when none is free. Under its lock.

        The number of all counts as zero up to `now`; it holds no row by itself if that is not
        given. Of the keys that have the same bits above KIN
        no more than `kin` are taken into a set.
        """
        if (found := self.find(key)) >= 0:
            return found
        start = key % self._sets * WAYS
        free, related = -1, 0
        for row in range(start, start + WAYS):
            if self.common[row] <= now and not self.total(row):
                free = row
            elif self._keys[row] >> KIN == key >> KIN:
                related += 1
        if free < 0 or related >= kin:
            return -1
        self._keys[free] = key
        self.common[free] = 0
        return free

    def total(self, row: int) -> int:
        """The sum of all workers' numbers."""
        total = 0
        for plane in self._planes:
            total += plane[row]
        return total

    def others(self, row: int) -> list[tuple[int, int]]:
        """Each other worker with its number, where that is not zero."""
        found = enumerate(plane[row] for plane in self._planes)
        return [(worker, number) for worker, number in found if number and self._is_other(worker)]

    def _is_other(self, worker: int) -> bool:
        return self._planes[worker] is not self.mine

    def of(self, worker: int, row: int) -> int:
        """The number of a worker."""
        return int(self._planes[worker][row])

    def forget(self, worker: int) -> None:
        """Zero all numbers of a worker that has ended."""
        plane = self._planes[worker]
        plane[:] = memoryview(bytes(len(plane) * CELL)).cast("q")
