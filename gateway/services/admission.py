"""Slots of one service: a request gets a pod at once, or waits its turn in a bounded queue.

Everything here is synchronous and without I/O; a waiter is told by a call. Pure.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from gateway.services import pace

if TYPE_CHECKING:
    from gateway.services.backend import Backend
    from gateway.services.balancer import Balancer
    from gateway.services.slots import Slots

TRIES: Final = 8
"""Pods that are tried for a slot which others may take first."""


class Waiter(Protocol):
    """A request that waits for a slot."""

    since: float
    """When that began, monotonic seconds."""

    def granted(self, backend: Backend, now: float) -> None:
        """The slot is yours: `backend.in_flight` already counts you; release it in the end."""

    def dismissed(self, reason: str) -> None:
        """There will be no slot; `reason` is a key of `gateway.protocol.reasons.REASONS`."""


class Admission:
    """Slots of a service: `limit` for each pod (0 = no limit), and those who wait for one."""

    __slots__ = (
        "_balancer", "_longest", "_without", "ended", "in_flight", "limit", "paced", "slots",
        "span", "total", "waiting",
    )  # fmt: skip

    def __init__(self, balancer: Balancer, longest: int) -> None:
        self._balancer = balancer
        self._longest = longest
        self.limit = 0
        self.slots: Slots | None = None
        """Where slots are counted over several workers; None: there is one, or no limit."""
        self.in_flight = 0
        self.span = 0.0
        """Times at which slots were given back, less those at which slots were granted: with the
        present time for each slot that is held, it is how long slots were held in all."""
        self.total = 0
        """Slots granted so far."""
        self._without = 0
        """Requests that came and got no slot: turned away, gone, or sent away."""
        self.waiting: deque[Waiter] = deque()
        self.paced = False
        """Some wait only because their pod is new: `admit` them soon."""
        self.ended = 0.0
        """When the last request ended that counts as use of the service; 0: none has."""

    @property
    def arrivals(self) -> int:
        """Requests that have come for a slot so far, whatever became of them."""
        return self.total + len(self.waiting) + self._without

    def request_seconds(self, now: float) -> float:
        """How long requests have held slots up to `now`, added up: the integral of `in_flight`."""
        return self.span + self.in_flight * now

    def acquire(self, now: float, preferred: str = "") -> Backend | None:
        """A slot at once, on the pod marked `preferred` if it has one; None: `wait` or refuse.

        Nobody overtakes those who wait already.
        """
        if self.waiting:
            return None
        if self.slots is not None:
            backend = self._shared(now, now, preferred) or self._looked_again(now)
        else:
            backend = self._balancer.named(preferred, self.limit) if preferred else None
            backend = backend or self._balancer.pick(self.limit)
        if backend is not None:
            self.take(backend, now)
        return backend

    def take(self, backend: Backend, now: float) -> None:
        """Take a slot of a pod that has one."""
        backend.in_flight += 1
        backend.asked += 1
        self.in_flight += 1
        self.span -= now
        self.total += 1

    def _shared(self, now: float, since: float, preferred: str = "") -> Backend | None:
        """A pod with a slot that no worker has, and that is not another worker's turn; it counts
        there already. `since` waits who wants it."""
        slots = self.slots
        assert slots is not None
        for _ in range(TRIES):
            backend = self._balancer.named(preferred, self.limit) if preferred else None
            backend = backend or self._balancer.pick(self.limit)
            if backend is None or slots.leaves(backend, since, now):
                return None
            if slots.take(backend, self.limit):
                return backend
        return None

    def _looked_again(self, now: float) -> Backend | None:
        """Say that one waits here, and see whether the last slot was given back meanwhile: whoever
        gave it may not have known."""
        slots = self.slots
        assert slots is not None
        if not self._balancer.candidates:
            return None
        slots.waits(self, now)
        backend = self._shared(now, now)
        if backend is not None:
            slots.waits(self, 0.0)
        return backend

    def _tell(self, slots: Slots) -> None:
        """Tell the other workers since when the first request waits here."""
        slots.waits(self, self.waiting[0].since if self.waiting else 0.0)

    def wait(self, waiter: Waiter) -> bool:
        """Join the queue; False when it is full."""
        if len(self.waiting) >= self._longest:
            self._without += 1
            if self.slots is not None:
                self._tell(self.slots)
            return False
        self.waiting.append(waiter)
        if self.slots is not None:
            self._tell(self.slots)
        return True

    def leave(self, waiter: Waiter) -> None:
        """Leave the queue, because of a time-out or because the client is gone."""
        self.waiting.remove(waiter)
        self._without += 1
        if self.slots is not None:
            self._tell(self.slots)

    def turn_away(self) -> None:
        """Count a request that is refused without a try to wait."""
        self._without += 1
        if self.slots is not None:
            self._tell(self.slots)

    def release(self, backend: Backend, now: float, spared: bool = False) -> None:
        """Give a slot back, and pass it on to whoever waits. What is `spared` was no use of the
        service: it keeps it awake no more than it would wake it."""
        backend.in_flight -= 1
        backend.released = now
        if not spared:
            self.ended = now
        self.in_flight -= 1
        self.span += now
        slots = self.slots
        if slots is not None:
            slots.give(backend)
        if not (self.waiting and self.admit(now)) and slots is not None:
            slots.free(backend)

    def withdraw(self, backend: Backend, now: float) -> None:
        """Give a slot back whose request begins anew, so that it is not counted twice."""
        self._without -= 1
        self.release(backend, now)

    def move(self, backend: Backend, other: Backend) -> bool:
        """Change the pod of a held slot, for another try; False when another worker has just taken
        the last slot of the other one."""
        slots = self.slots
        if slots is not None and other is not backend:
            if not slots.take(other, self.limit):
                return False
            slots.give(backend)
        backend.in_flight -= 1
        other.in_flight += 1
        other.asked += 1
        return True

    def heard(self, now: float) -> None:
        """The bell has rung: slots may have come free in other workers."""
        slots = self.slots
        if slots is not None and self.waiting and not self.admit(now):
            slots.useless(self._balancer.candidates)

    def again(self, now: float) -> None:
        """Look for slots by ourselves, whatever others have told; run it some ten times a
        second."""
        if self.slots is not None:
            self._tell(self.slots)
        self.admit(now)

    def admit(self, now: float) -> int:
        """Grant slots to those who wait, first come first served, as far as slots go, and as fast
        as new pods take it; the answer is how many were granted."""
        before, slots = self.total, self.slots
        self.paced = False
        while self.waiting:
            if slots is None:
                backend = self._balancer.pick(self.limit)
            else:
                backend = self._shared(now, self.waiting[0].since)
            if backend is None:
                break
            if not backend.asked:
                backend.opened = now
            answers = backend.asked - backend.in_flight
            if backend.in_flight >= pace.window(answers, now - backend.opened):
                self.paced = True
                if slots is not None:
                    slots.give(backend)
                break
            self.take(backend, now)
            self.waiting.popleft().granted(backend, now)
        if slots is not None and self.total > before:
            self._tell(slots)
        return self.total - before

    def dismiss(self, reason: str) -> None:
        """Send away all who wait."""
        waiting, self.waiting = self.waiting, deque()
        self._without += len(waiting)
        for waiter in waiting:
            waiter.dismissed(reason)
        if self.slots is not None:
            self._tell(self.slots)

    def __repr__(self) -> str:
        return f"<Admission {self.in_flight} in flight, {len(self.waiting)} waiting>"
