"""The slots of one service over all workers of a gateway, where its `concurrency` bounds them.

Each worker counts its requests at a pod in memory that all share, under a lock while it takes a
slot, so that no pod ever has more than it should. Giving one back needs no lock. Who waits says
since when; a free slot is left to whom waits in another worker for longer, by more than PATIENCE,
and its bell is rung: so turns are kept, and a worker passes slots on among its own requests for so
long, which costs no time, before it is another's turn.

Pods are not shared out among the workers instead: the kernel decides which worker a connection
comes to, and one that had no pod of a service would have to pass its requests on to one that has.

What is said here without a lock may be late by a moment. Whatever is lost by that is found at the
next tick (`again`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.services.places import NANO, Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.services.backend import Backend
    from gateway.services.places import Queue, Sharing

PATIENCE: Final = 0.005
"""Seconds for which somebody may wait longer than those of another worker that gets a slot."""


class Slots:
    """Of one service in one worker."""

    __slots__ = ("_cells", "_key", "_row", "_sharing", "_since", "name")

    def __init__(self, name: str, sharing: Sharing) -> None:
        self.name = name
        self._sharing = sharing
        self._cells = sharing.memory.slots
        self._key = sharing.key("queue", name)
        self._row = -1
        """Since when each worker's first request waits, in nanoseconds; negative: and does not
        know what to do with the slots there are. The number of all is the key of the pod that was
        left to another worker last."""
        self._since = 0.0

    def take(self, backend: Backend, limit: int) -> bool:
        """Count one more request at a pod over all workers, if there are fewer than `limit`."""
        place = backend.place
        if place is None:
            place = backend.place = self._place(backend)
        return place.take(backend.in_flight, limit)

    def give(self, backend: Backend) -> None:
        """Count one less."""
        if backend.place is not None:
            backend.place.give()

    def _place(self, backend: Backend) -> Place:
        place = Place(self._sharing, self._sharing.key("pod", self.name, backend.mark))
        for _ in range(backend.in_flight):  # from before there was a limit
            place.take(0, 0)
        return place

    def waits(self, queue: Queue, since: float) -> None:
        """Tell since when the first request here waits; 0: none does."""
        if not since and not self._since:
            return
        if since and not self._since:
            with self._cells.lock(self._key):
                self._row = self._cells.claim(self._key)
        self._since = since
        if since:
            self._sharing.waiting.add(queue)
        else:
            self._sharing.waiting.discard(queue)
        if self._row >= 0:
            self._cells.mine[self._row] = int(since * NANO)

    def leaves(self, backend: Backend, since: float, now: float) -> bool:
        """Whether a free slot of `backend` is left to another worker, rather than to who waits here
        `since`; that one is told."""
        row = self._cells.find(self._key)
        others = self._cells.others(row) if row >= 0 else ()
        if not others:
            return False
        latest = int((since - PATIENCE) * NANO)
        at = int(now * NANO)
        claims = [
            (number, worker)
            for worker, number in others
            if 0 < number < latest and not self._sharing.is_silent(worker, at)
        ]
        if not claims:
            return False
        self._offer(backend, row, min(claims)[1])
        return True

    def free(self, backend: Backend) -> None:
        """A slot is free that nobody here wants: tell the worker whose request waits longest."""
        row = self._cells.find(self._key)
        others = self._cells.others(row) if row >= 0 else ()
        if others:
            self._offer(backend, row, min(others, key=_turn)[0])

    def _offer(self, backend: Backend, row: int, worker: int) -> None:
        place = backend.place
        self._cells.common[row] = place.key if place is not None else 0
        self._sharing.memory.ring(worker)

    def useless(self, candidates: Iterable[Backend]) -> None:
        """Nobody here got a slot by the bell. If it was one of a pod that is none of ours, others
        are told, and this worker is asked last from now on, until its next tick."""
        row = self._row
        if row < 0 or not self._since:
            return
        offered = self._cells.common[row]
        if any(one.place is not None and one.place.key == offered for one in candidates):
            return
        self._cells.mine[row] = -int(self._since * NANO)
        for worker, number in self._cells.others(row):
            if number > 0:
                self._sharing.memory.ring(worker)


def _turn(claim: tuple[int, int]) -> tuple[bool, int]:
    """Those who wait longest first, and those last whom the last slots did not help."""
    return claim[1] < 0, abs(claim[1])
