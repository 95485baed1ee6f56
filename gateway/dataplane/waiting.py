"""In the queue of a service: a stage that ends with a slot, a time-out, or the service's end.

Made by a placement that finds no free slot, or no pod; `admission` grants or dismisses it. It owns
how long the request waited, and why it waits no longer.
"""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from gateway.protocol.reasons import Refusal
from gateway.routing import vacancy

if TYPE_CHECKING:
    from gateway.services.backend import Backend
    from gateway.services.room import Room
    from gateway.services.state import ServiceState
    from gateway.services.wakes import Wakes
    from shared.service.model import Timeouts


class Queued(Protocol):
    """Whose request waits."""

    def granted(self, backend: Backend, waited: float) -> None:
        """A slot came free after `waited` seconds."""

    def dismissed(self, refusal: Refusal, waited: float) -> None:
        """There will be no slot."""

    def prolonged(self, seconds: float) -> None:
        """It waits on, for `seconds` at most (0: no limit)."""


class Waiting:
    """One request in the queue of a service (an `admission.Waiter`), since monotonic `since`.

    It waits for a slot; or, having a place in `room` that is given back here, for a pod, while
    `wakes` tell that the service is wanted.
    """

    __slots__ = ("_limit", "_owner", "_room", "_state", "_timeouts", "_wakes", "since")

    def __init__(
        self,
        owner: Queued,
        state: ServiceState,
        timeouts: Timeouts,
        wakes: Wakes,
        since: float,
        room: Room | None = None,
    ) -> None:
        self._owner = owner
        self._state = state
        self._timeouts = timeouts
        self._wakes = wakes
        self.since = since
        self._room = room
        self._limit = timeouts.queue if room is None else timeouts.wake

    def granted(self, backend: Backend, now: float) -> None:
        """A slot came free."""
        self._owner.granted(backend, self._waited(now))

    def dismissed(self, reason: str) -> None:
        """The service was stopped or deleted, or no request brings it a pod."""
        refusal = vacancy.disabled(self._state) if reason == "disabled" else Refusal(reason)
        self._owner.dismissed(refusal, self._waited(monotonic()))

    def expired(self) -> None:
        """No slot came free in time. Whose pods have gone meanwhile waits on for a new one."""
        now, state = monotonic(), self._state
        wake = self._timeouts.wake
        if self._room is None and not state.balancer.candidates and 0 < self._limit < (wake or inf):
            self._limit = wake
            self._owner.prolonged(vacancy.remaining(wake, now - self.since))
            return
        state.admission.leave(self)
        refusal = vacancy.timed_out(state, now, self._limit, self._wakes.scalers)
        self._owner.dismissed(refusal, self._waited(now))

    def cancel(self) -> float:
        """Leave the queue; the answer is how long it was."""
        self._state.admission.leave(self)
        return self._waited(monotonic())

    def _waited(self, now: float) -> float:
        waited = now - self.since
        state = self._state
        state.admission.ended = now
        state.stats.queue_wait.observe(waited)
        if self._room is not None:
            self._room.held -= 1
            self._room = None
        return waited

    def __repr__(self) -> str:
        return f"<Waiting for {self._state.name}>"
