"""Slots of one service: a request gets a pod at once, or waits its turn in a bounded queue.

Everything here is synchronous and without I/O; a waiter is told by a call. Pure.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from gateway.services import pace

if TYPE_CHECKING:
    from gateway.services.balancer import Backend, Balancer


class Waiter(Protocol):
    """A request that waits for a slot."""

    def granted(self, backend: Backend, now: float) -> None:
        """The slot is yours: `backend.in_flight` already counts you; release it in the end."""

    def dismissed(self, reason: str) -> None:
        """There will be no slot; `reason` is a key of `gateway.protocol.reasons.REASONS`."""


class Admission:
    """Slots of a service: `limit` for each pod (0 = no limit), and those who wait for one."""

    __slots__ = (
        "_balancer", "_longest", "_span", "_without", "ended", "in_flight", "limit", "paced",
        "total", "waiting",
    )  # fmt: skip

    def __init__(self, balancer: Balancer, longest: int) -> None:
        self._balancer = balancer
        self._longest = longest
        self.limit = 0
        self.in_flight = 0
        self._span = 0.0
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
        return self._span + self.in_flight * now

    def acquire(self, now: float, preferred: str = "") -> Backend | None:
        """A slot at once, on the pod marked `preferred` if it has one; None: `wait` or refuse.

        Nobody overtakes those who wait already.
        """
        if self.waiting:
            return None
        backend = self._balancer.named(preferred, self.limit) if preferred else None
        backend = backend or self._balancer.pick(self.limit)
        if backend is not None:
            backend.in_flight += 1
            backend.asked += 1
            self.in_flight += 1
            self._span -= now
            self.total += 1
        return backend

    def wait(self, waiter: Waiter) -> bool:
        """Join the queue; False when it is full."""
        if len(self.waiting) >= self._longest:
            self._without += 1
            return False
        self.waiting.append(waiter)
        return True

    def leave(self, waiter: Waiter) -> None:
        """Leave the queue, because of a time-out or because the client is gone."""
        self.waiting.remove(waiter)
        self._without += 1

    def turn_away(self) -> None:
        """Count a request that is refused without a try to wait."""
        self._without += 1

    def release(self, backend: Backend, now: float, spared: bool = False) -> None:
        """Give a slot back, and pass it on to whoever waits. What is `spared` was no use of the
        service: it keeps it awake no more than it would wake it."""
        backend.in_flight -= 1
        backend.released = now
        if not spared:
            self.ended = now
        self.in_flight -= 1
        self._span += now
        if self.waiting:
            self.admit(now)

    def withdraw(self, backend: Backend, now: float) -> None:
        """Give a slot back whose request begins anew, so that it is not counted twice."""
        self._without -= 1
        self.release(backend, now)

    def move(self, backend: Backend, other: Backend) -> None:
        """Change the pod of a held slot, for another try."""
        backend.in_flight -= 1
        other.in_flight += 1
        other.asked += 1

    def admit(self, now: float) -> None:
        """Grant slots to those who wait, first come first served, as far as slots go, and as fast
        as new pods take it."""
        self.paced = False
        while self.waiting:
            backend = self._balancer.pick(self.limit)
            if backend is None:
                return
            if not backend.asked:
                backend.opened = now
            answers = backend.asked - backend.in_flight
            if backend.in_flight >= pace.window(answers, now - backend.opened):
                self.paced = True
                return
            backend.in_flight += 1
            backend.asked += 1
            self.in_flight += 1
            self._span -= now
            self.total += 1
            self.waiting.popleft().granted(backend, now)

    def dismiss(self, reason: str) -> None:
        """Send away all who wait."""
        waiting, self.waiting = self.waiting, deque()
        self._without += len(waiting)
        for waiter in waiting:
            waiter.dismissed(reason)

    def __repr__(self) -> str:
        return f"<Admission {self.in_flight} in flight, {len(self.waiting)} waiting>"
