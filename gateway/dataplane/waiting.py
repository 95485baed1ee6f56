"""In the queue of a service: a stage that ends with a slot, a time-out, or the service's end.

Made by a placement that finds no free slot; `admission` grants or dismisses it. It owns how long
the request waited, and why it waits no longer.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Protocol

from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from gateway.services.balancer import Backend, Balancer
    from gateway.services.state import ServiceState


class Queued(Protocol):
    """Whose request waits."""

    def granted(self, backend: Backend, waited: float) -> None:
        """A slot came free after `waited` seconds."""

    def dismissed(self, refusal: Refusal, waited: float) -> None:
        """There will be no slot."""


class Waiting:
    """One request in the queue of `state` (an `admission.Waiter`), for `limit` seconds at most."""

    __slots__ = ("_limit", "_owner", "_since", "_state")

    def __init__(self, owner: Queued, state: ServiceState, limit: float) -> None:
        self._owner = owner
        self._state = state
        self._limit = limit
        self._since = monotonic()

    def granted(self, backend: Backend, now: float) -> None:
        """A slot came free."""
        self._owner.granted(backend, self._waited(now))

    def dismissed(self, reason: str) -> None:
        """The service was stopped or deleted."""
        self._owner.dismissed(Refusal(reason), self._waited(monotonic()))

    def expired(self) -> None:
        """No slot came free in time."""
        now = monotonic()
        self._state.admission.leave(self)
        self._owner.dismissed(timed_out(self._state.balancer, now, self._limit), self._waited(now))

    def cancel(self) -> float:
        """Leave the queue; the answer is how long it was."""
        self._state.admission.leave(self)
        return self._waited(monotonic())

    def _waited(self, now: float) -> float:
        waited = now - self._since
        self._state.stats.queue_wait.observe(waited)
        return waited

    def __repr__(self) -> str:
        return f"<Waiting for {self._state.name}>"


def timed_out(balancer: Balancer, now: float, seconds: float) -> Refusal:
    """What did not come within `seconds`."""
    if balancer.candidates:
        reason = "queue_timeout"
    else:
        reason = "no_ready_pod" if balancer.unready_for(now) is None else "not_ready"
    return Refusal(reason, seconds=seconds)


def starting(balancer: Balancer, now: float, limit: float, vacant: float) -> Refusal:
    """What a client is told that does not wait for a pod: how far the start is, or, when there was
    no ready pod for longer than `limit` (0: no limit), why it may have failed.

    `vacant`: seconds for which requests have found none; a pod may have run for longer.
    """
    if limit and vacant > limit:
        return timed_out(balancer, now, limit)
    age = balancer.unready_for(now)
    if age is None:
        return Refusal("starting", "there is no pod yet", vacant)
    return Refusal("starting", "its pod runs, and does not answer the readiness probe yet", age)


def is_hopeless(balancer: Balancer, now: float, limit: float) -> bool:
    """Whether a pod runs and none has been ready for longer than `limit` seconds (0: no limit)."""
    return bool(limit) and not balancer.candidates and (balancer.unready_for(now) or 0.0) > limit
