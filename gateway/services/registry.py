"""All services of the gateway, and the one place where the route table is swapped.

The feed writes it; the data path reads its table, and the admin port its counts.
"""

from __future__ import annotations

import logging
import random as random_module
import time
from typing import TYPE_CHECKING, Any, Final

from gateway.limits import AUTO, MOST_HELD
from gateway.memory import Budget, Memory
from gateway.services.limiter import Limiter, Table, table
from gateway.services.places import Sharing
from gateway.services.room import Room
from gateway.services.route import MANAGEMENT, Grant, Plan, Route, RouteTable
from gateway.services.slots import Slots
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.services.state import ServiceState
from gateway.services.wakes import Wakes
from gateway.stats import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.limits import Limits
    from gateway.services.backend import Backend
    from gateway.sharing.memory import Memory as SharedMemory
    from gateway.stats import Stats
    from shared.service.progress import Progress


log = logging.getLogger(__name__)

REMEMBERED: Final = 256
"""Plans of one service."""
KEPT: Final = 16 * 1024 * 1024
"""Bytes of the plans of all services together."""


class Services:
    """Definitions and endpoints come in (from the feed), routes are read out (by requests).

    `monotonic` and `unix` are the clocks in seconds, `random` is the source of choices in [0, 1).
    """

    def __init__(
        self,
        limits: Limits,
        stats: Stats,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        unix: Callable[[], float] = time.time,
        random: Callable[[], float] = random_module.random,
        memory: SharedMemory | None = None,
    ) -> None:
        """`memory` is shared with other workers; None: there are none."""
        self._limits = limits
        self._stats = stats
        self.monotonic = monotonic
        """The clock of all books, in seconds."""
        self.unix = unix
        self._random = random
        self._memory = memory
        self._callers: Table | None = None
        """Where the callers of services with a rate limit stand; made for the first of them."""
        self._sharing = None if memory is None else Sharing(memory)
        self.wakes = Wakes(monotonic, unix)
        self.room = Room(MOST_HELD if limits.held == AUTO else limits.held)
        """For requests that wait for a pod."""
        self._unsettled: set[ServiceState] = set()
        self._plans = Budget(KEPT)
        self.withdrawn: set[Grant] = set()
        """Those under which something may still go on."""
        self.table = RouteTable(self._route(ServiceSpec(UNKNOWN), None))

    def define(self, specs: Iterable[ServiceSpec], removed: Iterable[str] = ()) -> None:
        """Take over definitions that are new or changed, and drop `removed`: one swap for all.

        Unchanged definitions cost nothing. The state of a service outlives a change of its
        definition. Batch the first listing into one call.
        """
        changes: dict[str, Route | None] = {}
        for spec in specs:
            old = self.table.find(spec.name)
            if old is None or old.spec != spec:
                changes[spec.name] = self._route(spec, old)
        for name in removed:
            if self.table.find(name) is not None:
                changes[name] = None
        if not changes:
            return
        old_routes = [(name, self.table.find(name)) for name in changes]
        self.table = self.table.changed(changes)
        for name, route in old_routes:
            if route is not None:
                route.plans.forget()
                self._withdraw(route, changes[name])
                if changes[name] is None:
                    self._retire(route.state)
        for changed in changes.values():
            if changed is not None and changed.spec.stopped:
                changed.state.admission.dismiss("stopped")
            elif changed is not None:
                changed.state.admission.admit(self.monotonic())  # a raised limit lets waiters in

    def locate(self, name: str, endpoints: Iterable[Endpoint]) -> None:
        """Take over the endpoints of a defined service; no swap. Unknown names are ignored.

        Pods that left get no new request from this moment; requests they have stay with them.
        """
        route = self.table.find(name)
        if route is not None:
            self._place(route.state, endpoints)

    def progressed(self, progress: Progress) -> None:
        """Take over how far the start of a service is. Unknown names are ignored."""
        route = self.table.find(progress.service)
        if route is not None:
            route.state.progress = progress
            if route.state.is_off:
                route.state.admission.dismiss("disabled")

    def manage(self, addresses: Iterable[tuple[str, int]]) -> None:
        """Route `/system/…` and `/health` to the management API at `addresses`."""
        old = self.table.management
        route = old or self._route(ServiceSpec(MANAGEMENT, rewrite_target=True), None)
        table = self.table
        self.table = RouteTable(table.nowhere, table.routes, route, table.digests)
        self._place(route.state, [Endpoint(address, port) for address, port in addresses])

    def states(self) -> list[ServiceState]:
        """The running state of every service, management included."""
        return [route.state for route in self.routes()]

    def routes(self) -> list[Route]:
        """Those of all services, management included, for collectors."""
        found = list(self.table.routes.values())
        return found if self.table.management is None else [*found, self.table.management]

    def refresh(self, now: float) -> None:
        """Bring ejections and slow starts up to `now`; the gateway's tick calls it."""
        if self._sharing is not None:
            self._sharing.beat(now)
            for admission in list(self._sharing.waiting):
                admission.again(now)
        for state in list(self._unsettled):
            state.balancer.refresh(now)
            _tell(state)
            state.admission.admit(now)
            if state.balancer.settled and not state.admission.paced:
                self._unsettled.discard(state)

    def heard(self) -> None:
        """Other workers have given slots back: look whether those who wait here get one."""
        now = self.monotonic()
        for admission in list(self._sharing.waiting) if self._sharing is not None else ():
            admission.heard(now)

    def dismiss(self, reason: str) -> None:
        """Send away all who wait for a slot of any service."""
        for state in self.states():
            state.admission.dismiss(reason)

    def unsettle(self, state: ServiceState) -> None:
        """A pod of this service is new or ejected: `refresh` looks after it."""
        self._unsettled.add(state)

    def _route(self, spec: ServiceSpec, old: Route | None) -> Route:
        if old is not None:
            state = old.state
        else:
            stats = self._stats.service(spec.name)
            state = ServiceState(spec.name, stats, self._limits, self._random, self.monotonic())
        state.admission.limit = spec.concurrency
        if spec.concurrency and self._sharing is not None and state.admission.slots is None:
            state.admission.slots = Slots(spec.name, self._sharing)
        shared = old is not None and not old.spec.shuts_out(spec)
        grant = old.grant if old is not None and shared else Grant()
        plans = Memory[Any, Plan](REMEMBERED, self._plans)
        return Route(spec, state, plans, grant, self._limiter(spec))

    def _limiter(self, spec: ServiceSpec) -> Limiter | None:
        if not spec.rate_limit:
            return None
        if self._callers is None:
            self._callers = table(self._memory)
        return Limiter(spec.name, spec.rate_limit, self._callers, set_auth=spec.set_auth)

    def _withdraw(self, old: Route, new: Route | None) -> None:
        """Set an end to what goes on under the grant of `old`, if `new` has another one."""
        if (new is None or new.grant is not old.grant) and (
            old.state.in_flight or old.state.waiting
        ):
            old.grant.ends = self.monotonic() + self._limits.withdrawal
            self.withdrawn.add(old.grant)

    def _place(self, state: ServiceState, endpoints: Iterable[Endpoint]) -> None:
        now = self.monotonic()
        _close_idle(state.balancer.update(endpoints, now))
        _tell(state)
        self._settle(state, now)

    def trust(self, state: ServiceState, backend: Backend) -> None:
        """A pod has answered its probe to us: route to it, though the cluster has not said yet that
        it is ready."""
        now = self.monotonic()
        if state.balancer.trust(backend, now):
            self._settle(state, now)

    def _settle(self, state: ServiceState, now: float) -> None:
        """The pods of a service have changed: let those in who wait, or say that it is wanted."""
        if state.balancer.candidates:
            if state.vacant:
                state.stats.cold_starts += 1
            state.vacant = 0.0
        elif state.waiting:
            self.wakes.want(state, "request")
        state.admission.admit(now)
        if not state.balancer.settled or state.admission.paced:
            self._unsettled.add(state)

    def _retire(self, state: ServiceState) -> None:
        self._unsettled.discard(state)
        _close_idle(state.balancer.update((), self.monotonic()))
        state.admission.dismiss("unknown_service")
        self._stats.forget(state.name)


def _tell(state: ServiceState) -> None:
    """Count and log that a service begins, or ends, to go on with pods that are not ready."""
    held, before = state.balancer.held, state.panics
    state.panics = held > 0
    if held and not before:
        state.stats.panics += 1
        log.warning(
            "all pods of service %s stopped being ready at once: going on with %d that answer; is "
            "their node well? (`kubectl get nodes`)",
            state.name,
            held,
        )
    elif before and not held:
        ready = any(one.endpoint.usable for one in state.balancer.backends.values())
        why = "a pod is ready" if ready else "they failed, left, or took too long to be ready again"
        log.warning("service %s uses no pods that are not ready any more: %s", state.name, why)


def _close_idle(backends: Iterable[Backend]) -> None:
    for backend in backends:
        idle, backend.idle = backend.idle, []
        for connection in (*idle, *backend.shared):
            connection.close()
