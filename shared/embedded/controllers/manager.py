"""All controllers of the embedded cluster: one cache, one subscription, one queue for each.

Started by `cluster`; a controller is asked which keys a change concerns, and works on one key a
call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from shared.embedded.controllers.cache import Cache
from shared.embedded.controllers.claims import Claims
from shared.embedded.controllers.deployment import Deployments
from shared.embedded.controllers.disruption import Disruption
from shared.embedded.controllers.endpointslice import EndpointSlices
from shared.embedded.controllers.events import Events
from shared.embedded.controllers.expiry import EventExpiry
from shared.embedded.controllers.hashing import template_hash
from shared.embedded.controllers.legacy_endpoints import Endpoints
from shared.embedded.controllers.namespaces import Namespaces
from shared.embedded.controllers.node_lifecycle import NodeLifecycle
from shared.embedded.controllers.pod_garbage import PodGarbage
from shared.embedded.controllers.queue import WorkQueue
from shared.embedded.controllers.replicaset import ReplicaSets
from shared.embedded.controllers.scheduler import Scheduler
from shared.embedded.kinds import (
    DEPLOYMENT,
    ENDPOINTS,
    NAMESPACE,
    NODE,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    POD_DISRUPTION_BUDGET,
    REPLICA_SET,
    SERVICE,
)
from shared.runtime.tasks import lasting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Key
    from shared.embedded.controllers.deployment import Hash
    from shared.embedded.kinds import Kind
    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor


RESTART: Final = 5.0  # seconds until a task that failed is started again


class Controller(Protocol):
    """What a controller gives: which objects a change concerns, and one step for one of them."""

    def keys(self, change: Change) -> Iterable[Key]:
        """The keys to reconcile after `change`."""

    def reconcile(self, key: Key) -> float | None:
        """Bring `key` one step nearer to what was asked; seconds until the next look."""


class Controllers:
    """Feeds every change to the cache, then to the queue of each controller it concerns.

    authority: the PEM text by which the API server is known.
    """

    def __init__(
        self, api: Api, clock: Clock, hashed: Hash = template_hash, authority: str = ""
    ) -> None:
        self.cache = Cache(api)
        self._clock = clock
        self._scheduler = Scheduler(api, self.cache, Events(api, clock, "default-scheduler"))
        replicasets = ReplicaSets(
            api, self.cache, clock, Events(api, clock, "replicaset-controller")
        )
        deployments = Deployments(
            api, self.cache, clock, Events(api, clock, "deployment-controller"), hashed
        )
        self._expiry = EventExpiry(api, clock)
        slices = EndpointSlices(api, self.cache, clock)
        claims = Claims(api, self.cache, Events(api, clock, "persistentvolume-controller"))
        nodes = NodeLifecycle(api, self.cache, clock, Events(api, clock, "node-controller"))
        named: list[tuple[str, Controller, Kind]] = [
            ("endpointslices", slices, SERVICE),  # first: most urgent is who gets no requests
            ("deployments", deployments, DEPLOYMENT),
            ("replicasets", replicasets, REPLICA_SET),
            ("claims", claims, PERSISTENT_VOLUME_CLAIM),
            ("scheduler", self._scheduler, POD),
            ("nodes", nodes, NODE),
            ("disruption", Disruption(api, self.cache, clock), POD_DISRUPTION_BUDGET),
            ("pod-garbage", PodGarbage(api, self.cache, clock), POD),
            ("namespaces", Namespaces(api, self.cache, authority), NAMESPACE),
        ]
        self._lanes: list[tuple[Controller, WorkQueue]] = []
        for name, controller, kind in named:
            queue = WorkQueue(name, controller.reconcile, clock)
            self._lanes.append((controller, queue))
            for key in self.cache.all(kind):  # what happened before the start is not known
                queue.add(key)
        self._endpoints = Endpoints(api, self.cache, clock)
        self._asked = WorkQueue("endpoints", self._endpoints.reconcile, clock)
        self._lanes.append((self._endpoints, self._asked))
        api.before_reading[ENDPOINTS] = self._bring_up_endpoints
        api.subscribe(self._apply)

    def start(self, tasks: Supervisor) -> None:
        """Run every controller as a task of `tasks`."""
        for _, queue in self._lanes:
            tasks.start(f"controller/{queue.name}", queue.run())
        name = "controller/event-expiry"
        tasks.start(name, lasting(name, self._expiry.run, self._clock, RESTART))

    def settle(self) -> None:
        """Work until no key waits: for a start that shall not show the world of before."""
        while any(queue.step() for _, queue in self._lanes):
            pass

    def _bring_up_endpoints(self) -> None:
        """Somebody looks at Endpoints: from now on they are kept, and right when he sees them."""
        for key in self._endpoints.begin():
            self._asked.add(key)
        while self._asked.step():
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
