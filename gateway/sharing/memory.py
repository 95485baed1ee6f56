"""Memory, locks and bells that the workers of a gateway inherit from their parent.

The memory has no place in a file system (memfd), which may be read-only. Locks are the kernel's on
ranges of it (fcntl(2), record locks): one that a process holds is released when it dies, whichever
way. A bell is an eventfd(2) for each worker: whoever gives back what others wait for rings theirs.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from gateway.sharing.cells import Cells, size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

SLOTS: Final = 32 * 1024
"""Rows for pods that are busy and services that are waited for, of those with `concurrency`."""
CALLERS: Final = 64 * 1024
"""Rows for callers of services with `rate_limit` that have used some of what they may."""
_HEADER: Final = 4096
_SECRET: Final = 16
_CELLS_AT: Final = {"slots": 0, "callers": 1 << 32}
"""Where the locks of a table begin: bytes that may be beyond the end of the memory."""


class _Locked:
    """Holds the lock of one set of a table."""

    __slots__ = ("_at", "_descriptor")

    def __init__(self, descriptor: int, at: int) -> None:
        self._descriptor = descriptor
        self._at = at

    def __enter__(self) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1, self._at)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, self._at)


class _Locks:
    """The locks of a table's sets, each made once."""

    def __init__(self, descriptor: int, first: int) -> None:
        self._descriptor = descriptor
        self._first = first
        self._made: dict[int, _Locked] = {}

    def __call__(self, number: int) -> _Locked:
        lock = self._made.get(number)
        if lock is None:
            lock = self._made[number] = _Locked(self._descriptor, self._first + number)
        return lock


class Memory:
    """Of a gateway with one worker for each of `bells`, which are eventfds; `descriptor` is that of
    the memory. `me` is the number of this worker."""

    def __init__(self, descriptor: int, bells: Sequence[int], me: int = 0) -> None:
        self.descriptor = descriptor
        self.bells = tuple(bells)
        self.me = me
        workers = len(self.bells)
        whole = memoryview(mmap.mmap(descriptor, _length(workers)))
        self.secret = bytes(whole[:_SECRET])
        """Makes keys that nobody outside can foretell."""
        middle = _HEADER + size(SLOTS, workers)
        self.slots = self._cells(whole[_HEADER:middle], SLOTS, "slots")
        self.callers = self._cells(whole[middle:], CALLERS, "callers")

    def _cells(self, part: memoryview, rows: int, name: str) -> Cells:
        locks = _Locks(self.descriptor, _CELLS_AT[name])
        return Cells(part, rows, len(self.bells), self.me, locks)

    @classmethod
    def make(cls, workers: int) -> Memory:
        """New memory, for the parent of so many workers. Raises OSError."""
        descriptor = os.memfd_create("gateway-workers")
        os.ftruncate(descriptor, _length(workers))
        os.pwrite(descriptor, secrets.token_bytes(_SECRET), 0)
        return cls(descriptor, [os.eventfd(0, _BELL) for _ in range(workers)])

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a worker has to inherit."""
        return (self.descriptor, *self.bells)

    @property
    def bell(self) -> int:
        """This worker's; it can be read when it has rung."""
        return self.bells[self.me]

    def ring(self, worker: int) -> None:
        """Wake a worker up: what it waits for may have come free."""
        os.eventfd_write(self.bells[worker], 1)

    def silence(self) -> None:
        """Take note that this worker's bell has rung."""
        os.eventfd_read(self.bell)

    def forget(self, worker: int) -> None:
        """Free what a worker held that has ended, and tell the others."""
        self.slots.forget(worker)
        self.callers.forget(worker)
        for number in range(len(self.bells)):
            self.ring(number)


def private_cells(rows: int) -> Cells:
    """Of a worker that has no others; memory that is not touched costs nothing."""
    return Cells(memoryview(mmap.mmap(-1, size(rows, 1))), rows, 1)


def key_of(secret: bytes, *parts: str | bytes) -> int:
    """The key of 64 bits for what has these names; never 0, which is no row's."""
    whole = b"\0".join(part.encode() if isinstance(part, str) else part for part in parts)
    digest = blake2b(whole, digest_size=8, key=secret).digest()
    return int.from_bytes(digest, "little", signed=True) or 1


_BELL: Final = os.EFD_NONBLOCK | os.EFD_CLOEXEC


def _length(workers: int) -> int:
    return _HEADER + size(SLOTS, workers) + size(CALLERS, workers)
