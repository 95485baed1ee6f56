"""A request's place at a pod: its slot, its connection, and the next try when that fails.

Owned by an exchange, which says what is sent there and takes what comes back. What is waited for
meanwhile, a slot or a connection, is a stage.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Literal, Protocol

from gateway.dataplane import pool
from gateway.dataplane.connect import Dial
from gateway.dataplane.waiting import Waiting
from gateway.protocol.reasons import Refusal
from gateway.routing import vacancy
from gateway.routing.answers import is_impatient
from gateway.services import retry

if TYPE_CHECKING:
    from gateway.dataplane.roles import Client, Pod, Stage
    from gateway.services.backend import Backend
    from gateway.services.registry import Services
    from gateway.services.route import Plan, Request, Route
    from gateway.services.state import ServiceState


Stopover = Literal["slot", "connection"]


class Placed(Protocol):
    """The exchange that is to be placed."""

    client: Client
    request: Request
    plan: Plan
    route: Route
    started: float
    """When the request came, monotonic seconds."""

    def wait(self, phase: Stopover, seconds: float) -> None:
        """The request waits for a slot or a connection, for `seconds` at most (0: no limit)."""

    def send(self, upstream: Pod) -> None:
        """A connection is there: write the request."""

    def refuse(self, refusal: Refusal) -> None:
        """End without a pod."""


class Placement:
    """Where the request of `owner` is, or waits to be."""

    __slots__ = (
        "_owner", "_stale", "_tried", "backend", "cold", "stage", "tries", "upstream", "waited",
    )  # fmt: skip

    def __init__(self, owner: Placed) -> None:
        self._owner = owner
        self.backend: Backend | None = None
        """The pod whose slot the request holds."""
        self.upstream: Pod | None = None
        self.stage: Stage | None = None
        """What is waited for before the request is sent."""
        self.waited = 0.0
        """Seconds in the queue."""
        self.cold = False
        """It had to wait for a pod, as there was none."""
        self.tries = 0
        self._stale = 0
        """Tries on a connection that the pod had just closed, which are no tries of the pod."""
        self._tried: tuple[Backend, ...] = ()

    @property
    def label(self) -> str:
        """The pod's label; empty without a pod."""
        return self.backend.label if self.backend is not None else ""

    @property
    def pod(self) -> Backend:
        """The pod whose answer is there: its slot is held to the end."""
        assert self.backend is not None
        return self.backend

    def reach(self, backend: Backend, now: float) -> None:
        """Send the request, which holds a slot of the pod from `now` on, on an idle connection to
        it, or open one."""
        owner = self._owner
        self.backend = backend
        upstream = pool.lease(backend, owner.plan.repeatable, now)
        if upstream is None:
            self._dial(backend)
            return
        self.tries += 1
        self.upstream = upstream
        owner.send(upstream)

    def settled(self, upstream: Pod) -> None:
        """The request was sent on an idle connection, and holds a slot of its pod."""
        self.backend = upstream.backend
        self.upstream = upstream
        self.tries = 1

    def queue(self) -> None:
        """Wait for a slot, as none is free, or for a pod, as there is none."""
        owner = self._owner
        state, timeouts = owner.route.state, owner.route.spec.timeouts
        services = owner.client.context.services
        now, seconds, room = monotonic(), timeouts.queue, None
        if not state.balancer.candidates:
            if (refusal := self._unheld(state, now)) is not None:
                state.admission.turn_away()
                owner.refuse(refusal)
                return
            self.cold, room = True, services.room
            seconds = vacancy.remaining(timeouts.wake, now - owner.started)
        stage = Waiting(self, state, timeouts, services.wakes, now, room)
        if not state.admission.wait(stage):
            owner.refuse(Refusal("queue_full"))
            return
        if room is not None:
            room.held += 1
        self.stage = stage
        owner.wait("slot", seconds)

    def _unheld(self, state: ServiceState, now: float) -> Refusal | None:
        """Why the request is not held until there is a pod; None if it is. That the service is
        wanted is told, unless the request may not wake it or its pods do not come up anyway."""
        request, services = self._owner.request, self._services
        limit, wakes = self._owner.route.spec.timeouts.wake, services.wakes
        if (refusal := vacancy.unheard(request)) is not None:
            return refusal
        if is_impatient(request):
            state.looked = now
            wakes.want(state, "page")
            return vacancy.starting(state, now, limit, wakes.scalers)
        state.admission.ended = now  # who asks uses it, whatever comes of that
        if vacancy.is_hopeless(state, now, limit):
            return vacancy.timed_out(state, now, limit, wakes.scalers)
        state.vacant_for(now)
        wakes.want(state, vacancy.cause(request))
        if wakes.scalers and state.is_off:
            return vacancy.disabled(state)
        return None if services.room.admits(state.waiting) else Refusal("hold_full")

    def granted(self, backend: Backend, waited: float) -> None:
        """A slot came free."""
        self.stage = None
        self.waited += waited
        self.reach(backend, monotonic())

    def dismissed(self, refusal: Refusal, waited: float) -> None:
        """There will be no slot."""
        self.stage = None
        self.waited += waited
        self._owner.refuse(refusal)

    def prolonged(self, seconds: float) -> None:
        """The pods have gone: it waits on for a new one."""
        self._owner.wait("slot", seconds)

    def cold_line(self, now: float) -> bytes:
        """The header line of an answer, whose head came at `now`, to a request that had to wait for
        a pod; empty for others."""
        if not self.cold:
            return b""
        self.cold = False
        stats = self._owner.route.state.stats
        stats.cold_start.observe(self.waited)
        stats.cold_first_byte.observe(max(now - self._owner.started - self.waited, 0.0))
        return b"X-Cold-Start: %.3f\r\n" % self.waited

    @property
    def _services(self) -> Services:
        return self._owner.client.context.services

    def _dial(self, backend: Backend) -> None:
        owner = self._owner
        route = owner.route
        self.tries += 1
        owner.wait("connection", route.spec.timeouts.connect)
        self.stage = Dial(self, owner.client.context, route, backend)

    def connected(self, upstream: Pod) -> None:
        """A new connection to the pod is open."""
        self.stage = None
        self.upstream = upstream
        self._owner.send(upstream)

    def unreachable(self, refusal: Refusal) -> None:
        """No connection to the pod can be had. Nothing was sent, so nothing was answered."""
        self.stage = None
        again = self._may_retry(sent=False, answered=False, replayable=True)
        self._failed(refusal, again=again, sent=False)

    def exhausted(self, refusal: Refusal) -> None:
        """The gateway cannot connect to any pod: no pod is to blame, and none to be tried."""
        self.stage = None
        self._owner.refuse(refusal)

    def disconnected(self) -> None:
        """The pod closed its connection, which needs no more care."""
        self.upstream = None

    def failed(
        self,
        refusal: Refusal,
        *,
        answered: bool,
        replayable: bool,
        stale: bool = False,
        unsent: bool = False,
    ) -> None:
        """The pod failed the request that was sent: try another connection, or have the owner
        refuse.

        `answered` and `replayable` as in `retry`. `stale`: the pod closed an idle connection just
        as it was used again, which says nothing about its health. `unsent`: it says that it has
        done nothing for the request, which says nothing of it either.
        """
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            answered = answered or upstream.began
            upstream.abort()
        again = self._may_retry(sent=not unsent, answered=answered, replayable=replayable)
        self._failed(refusal, again=again, stale=stale, unsent=unsent)

    @property
    def alone(self) -> bool:
        """There is no other pod to try than the one that is being tried."""
        if self.backend is None or self.tries - self._stale >= retry.TRIES:
            return True
        return self._other((*self._tried, self.backend)) is None

    def _may_retry(self, *, sent: bool, answered: bool, replayable: bool) -> bool:
        return retry.may_retry(
            self._owner.plan.method,
            tries=self.tries - self._stale,
            sent=sent,
            answered=answered,
            replayable=replayable,
        )

    def _failed(
        self,
        refusal: Refusal,
        *,
        again: bool,
        stale: bool = False,
        unsent: bool = False,
        sent: bool = True,
    ) -> None:
        owner, backend = self._owner, self.backend
        assert backend is not None
        state = owner.route.state
        state.stats.upstream_failed(refusal.reason)
        if stale and not unsent:
            self._stale += 1
        elif not unsent:
            self.blame(backend, refusal.reason, sent=sent)
            self._tried = (*self._tried, backend)
        same = (stale or unsent) and not backend.leaving
        other = (backend if same else self._another()) if again else None
        if other is None and not state.balancer.candidates and (again or not sent):
            self._wait_after_all(backend, sent=sent)
            return
        if other is None or not state.admission.move(backend, other):
            owner.refuse(refusal)
            return
        state.stats.retried(refusal.reason)
        self.backend = other
        self._dial(other)

    def _wait_after_all(self, backend: Backend, *, sent: bool) -> None:
        """The last pod has ended, or was gone on with though not ready and does not listen: a
        request that may be sent again waits for a ready one, as it does else. One that was `sent`
        keeps its tries, as it may be what pods end by."""
        state = self._owner.route.state
        self.backend, self._tried = None, ()
        if not sent:
            self.tries = 0
        state.admission.withdraw(backend, monotonic())
        self.queue()

    def _another(self) -> Backend | None:
        """Another pod, if there is one and the budget of retries allows it."""
        state = self._owner.route.state
        other = self._other(self._tried)
        return other if other is not None and state.budget.spend(state.admission.total) else None

    def _other(self, tried: tuple[Backend, ...]) -> Backend | None:
        state = self._owner.route.state
        return state.balancer.other(tried, state.admission.limit)

    def blame(self, backend: Backend, reason: str, *, sent: bool = True) -> None:
        """Count a failure against the pod; enough of them leave it out for a while. `sent`: it had
        the request, so that the application may be to blame."""
        state = self._owner.route.state
        backend.complaint = reason
        if state.balancer.failed(backend, monotonic(), answered=sent):
            state.stats.ejections += 1
            self._services.unsettle(state)

    def praise(self, backend: Backend, began: float) -> None:
        """Count a good answer to a request that began at `began` for a pod that had failed."""
        self._owner.route.state.balancer.succeeded(backend, began, monotonic())

    def overdue(self) -> None:
        """The pod took too long to answer, or to take what it should answer."""
        self._owner.route.state.stats.upstream_failed("first_byte_timeout")
        if self.backend is not None:
            self.blame(self.backend, "first_byte_timeout")

    def give_back(self, now: float) -> None:
        """The answer is complete: the connection is good for another exchange, the slot is free."""
        owner = self._owner
        upstream, backend = self.upstream, self.backend
        assert upstream is not None
        assert backend is not None
        upstream.exchange = upstream.body = None
        upstream.reused = True
        if upstream.paused:
            upstream.resume_reading(upstream.paused)
        pool.give_back(upstream, now, owner.client.context.limits.upstream_idle_count)
        owner.route.state.admission.release(backend, now, owner.request.spared)
        self.forget()

    def leave(self) -> None:
        """Give up what is waited for, so that the time in the queue is known."""
        stage, self.stage = self.stage, None
        if stage is not None:
            self.waited += stage.cancel()

    def release(self, now: float) -> None:
        """Give up the connection and the slot."""
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abort()
        backend, self.backend = self.backend, None
        if backend is not None:
            owner = self._owner
            owner.route.state.admission.release(backend, now, owner.request.spared)
        self.forget()

    def forget(self) -> None:
        """Let the owner go: two that hold each other would wait for the garbage collector."""
        del self._owner

    def __repr__(self) -> str:
        found = self.stage or self.upstream or self.backend
        return f"<Placement {found!r}, {self.tries} tries>"
