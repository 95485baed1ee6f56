"""All controllers of the embedded cluster: one cache, one subscription, one queue for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shared.embedded.controllers.cache import Cache, key_of
from shared.embedded.controllers.deployment import Deployments
from shared.embedded.controllers.endpointslice import EndpointSlices
from shared.embedded.controllers.events import Events
from shared.embedded.controllers.expiry import EventExpiry
from shared.embedded.controllers.queue import WorkQueue
from shared.embedded.controllers.replicaset import ReplicaSets
from shared.embedded.controllers.scheduler import Scheduler
from shared.embedded.kinds import DEPLOYMENT, POD, REPLICA_SET, SERVICE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Key
    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor


class Controller(Protocol):
    """What a controller gives: which objects a change concerns, and one step for one of them."""

    def keys(self, change: Change) -> Iterable[Key]:
        """The keys to reconcile after `change`."""

    def reconcile(self, key: Key) -> float | None:
        """Bring `key` one step nearer to what was asked; seconds until the next look."""


class Controllers:
    """Feeds every change to the cache, then to the queue of each controller it concerns."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self.cache = Cache(api)
        self._scheduler = Scheduler(api, self.cache, Events(api, clock, "default-scheduler"))
        replicasets = ReplicaSets(
            api, self.cache, clock, Events(api, clock, "replicaset-controller")
        )
        deployments = Deployments(
            api, self.cache, clock, Events(api, clock, "deployment-controller")
        )
        self._expiry = EventExpiry(api, clock)
        slices = EndpointSlices(api, self.cache, clock)
        named: list[tuple[str, Controller]] = [
            ("endpointslices", slices),  # first: who must not be sent requests is most urgent
            ("deployments", deployments),
            ("replicasets", replicasets),
            ("scheduler", self._scheduler),
        ]
        self._lanes = [(each, WorkQueue(name, each.reconcile, clock)) for name, each in named]
        api.subscribe(self._apply)
        self._resume()

    def start(self, tasks: Supervisor) -> None:
        """Run every controller as a task of `tasks`."""
        for _, queue in self._lanes:
            tasks.start(f"controller/{queue.name}", queue.run())
        tasks.start("controller/event-expiry", self._expiry.run())

    def settle(self) -> None:
        """Work until no key waits: for a start that shall not show the world of before."""
        while any(queue.step() for _, queue in self._lanes):
            pass

    @property
    def idle(self) -> bool:
        """No key waits to be worked on."""
        return not any(len(queue) for _, queue in self._lanes)

    def _apply(self, change: Change) -> None:
        self.cache.apply(change)
        self._scheduler.observe(change)
        for controller, queue in self._lanes:
            for key in controller.keys(change):
                queue.add(key)

    def _resume(self) -> None:
        """After a start every object is due once: what happened meanwhile is not known."""
        kinds = {"endpointslices": SERVICE, "deployments": DEPLOYMENT}
        kinds |= {"replicasets": REPLICA_SET, "scheduler": POD}
        for _, queue in self._lanes:
            for obj in self.cache.all(kinds[queue.name]).values():
                queue.add(key_of(obj))
