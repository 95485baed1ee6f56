"""Slots of one service: a request gets a pod at once, or waits its turn in a bounded queue.

Books first, I/O after: everything here is synchronous, and the waiter is told by a call.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gateway.balancer import Backend, Balancer


class Waiter(Protocol):
    """A request that waits for a slot."""

    def granted(self, backend: Backend) -> None:
        """The slot is yours: `backend.in_flight` already counts you; release it in the end."""

    def dismissed(self, reason: str) -> None:
        """There will be no slot; `reason` is a key of `gateway.reasons.REASONS`."""


class Admission:
    """Slots of a service: `limit` for each pod (0 = no limit), and those who wait for one."""

    __slots__ = ("_balancer", "_longest", "in_flight", "limit", "total", "waiting")

    def __init__(self, balancer: Balancer, longest: int) -> None:
        self._balancer = balancer
        self._longest = longest
        self.limit = 0
        self.in_flight = 0
        self.total = 0
        """Slots granted so far."""
        self.waiting: deque[Waiter] = deque()

    def acquire(self, preferred: str = "") -> Backend | None:
        """A slot at once, on the pod labelled `preferred` if it has one; None: `wait` or refuse.

        Nobody overtakes those who wait already.
        """
        if self.waiting:
            return None
        backend = self._balancer.named(preferred, self.limit) if preferred else None
        backend = backend or self._balancer.pick(self.limit)
        if backend is not None:
            backend.in_flight += 1
            self.in_flight += 1
            self.total += 1
        return backend

    def wait(self, waiter: Waiter) -> bool:
        """Join the queue; False when it is full."""
        if len(self.waiting) >= self._longest:
            return False
        self.waiting.append(waiter)
        return True

    def leave(self, waiter: Waiter) -> None:
        """Leave the queue, because of a time-out or because the client is gone."""
        self.waiting.remove(waiter)

    def release(self, backend: Backend) -> None:
        """Give a slot back, and pass it on to whoever waits."""
        backend.in_flight -= 1
        self.in_flight -= 1
        if self.waiting:
            self.admit()

    def move(self, backend: Backend, other: Backend) -> None:
        """Change the pod of a held slot, for another try."""
        backend.in_flight -= 1
        other.in_flight += 1

    def admit(self) -> None:
        """Grant slots to those who wait, first come first served, as far as slots go."""
        while self.waiting:
            backend = self._balancer.pick(self.limit)
            if backend is None:
                return
            backend.in_flight += 1
            self.in_flight += 1
            self.total += 1
            self.waiting.popleft().granted(backend)

    def dismiss(self, reason: str) -> None:
        """Send away all who wait."""
        waiting, self.waiting = self.waiting, deque()
        for waiter in waiting:
            waiter.dismissed(reason)

    def __repr__(self) -> str:
        return f"<Admission {self.in_flight} in flight, {len(self.waiting)} waiting>"
