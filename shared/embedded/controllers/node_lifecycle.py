"""Node lifecycle: what a node's state means for the pods on it.

A node that is not ready, or of which nothing is heard, gets taints; its pods are told not to be
ready, so that nobody is sent to them, and after the time that they tolerate they are deleted.
Decisions are in `taints`. Source: Kubernetes `pkg/controller/nodelifecycle` and `tainteviction`.

Only a node that has once renewed its Lease is held to it: one that was made by hand stays what its
status says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from shared.embedded.controllers import taints
from shared.embedded.controllers.pods import (
    is_ready,
    is_terminating,
    seconds_of,
    with_pod_condition,
)
from shared.embedded.kinds import LEASE, NODE, POD
from shared.service.objects import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Cache, Key
    from shared.embedded.controllers.events import Events
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

MANAGER: Final = "kube-controller-manager"
LEASES: Final = "kube-node-lease"
"""The namespace of the nodes' Leases."""
GRACE: Final = (
    50.0  # seconds without a renewal; kube-controller-manager --node-monitor-grace-period
)

PERIOD: Final = 5.0  # seconds between two looks; --node-monitor-period


class NodeLifecycle:
    """Reconciles one Node a call."""

    def __init__(self, api: Api, cache: Cache, clock: Clock, events: Events) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock
        self._events = events
        self._troubled: set[str] = set()
        self._heard: dict[str, tuple[str, float]] = {}
        self._seen: dict[tuple[str, str], float] = {}

    def keys(self, change: Change) -> Iterator[Key]:
        """The node of a change; pods matter while their node is in trouble."""
        if change.kind is NODE:
            yield "", change.object["metadata"]["name"]
        elif change.kind is POD:
            name = change.object["spec"].get("nodeName", "")
            if name in self._troubled and change.type != "DELETED":
                yield "", name

    def reconcile(self, key: Key) -> float | None:
        """Taint the node, and see to its pods; seconds until the next look."""
        name = key[1]
        node = self._cache.get(NODE, key)
        if node is None:
            self._forget(name)
            return None
        silent_in = self._listen(node)
        node = self._tainted(self._cache.get(NODE, key) or node)
        driving = taints.evicting(node)
        unready = taints.is_unready(node)
        if not driving and not unready:
            self._troubled.discard(name)
            return silent_in
        self._troubled.add(name)
        pods = self._cache.on_node(name)
        if unready:
            for pod in pods:
                self._unready(pod)
        waits = [self._evict(name, pod, driving) for pod in self._cache.on_node(name)]
        soonest = min([silent_in or math.inf, *waits])
        return soonest if soonest < math.inf else None

    def _forget(self, name: str) -> None:
        self._troubled.discard(name)
        self._heard.pop(name, None)
        self._seen = {key: since for key, since in self._seen.items() if key[0] != name}

    def _listen(self, node: Obj) -> float | None:
        """Call the node lost if it has renewed nothing for too long; else when to look again."""
        name = node["metadata"]["name"]
        lease = self._api.find(LEASE, name, LEASES)
        renewed = ((lease or {}).get("spec") or {}).get("renewTime")
        if renewed is None:
            return None
        now = self._clock.monotonic()
        if self._heard.get(name, ("", 0.0))[0] != renewed:
            self._heard[name] = renewed, now
        left = self._heard[name][1] + GRACE - now
        if left > 0:
            return min(left, PERIOD)
        conditions = node["status"].get("conditions") or []
        lost = taints.lost(conditions, self._clock.now())
        if lost != conditions:
            body = {**node, "status": {**node["status"], "conditions": lost}}
            self._api.update(NODE, body, subresource="status", manager=MANAGER)
        return PERIOD

    def _tainted(self, node: Obj) -> Obj:
        wanted = taints.tainted(node, self._clock.now())
        if wanted == (node["spec"].get("taints") or []):
            return node
        if taints.is_unready(node) and not taints.evicting(node):
            name = node["metadata"]["name"]
            self._events.normal(node, "NodeNotReady", f"Node {name} status is now: NodeNotReady")
        spec = {key: value for key, value in node["spec"].items() if key != "taints"}
        body = {**node, "spec": {**spec, **({"taints": wanted} if wanted else {})}}
        return self._api.update(NODE, body, manager=MANAGER)

    def _unready(self, pod: Obj) -> None:
        ready = condition(pod, "Ready")
        if ready is None or not is_ready(pod):
            return
        self._condition(pod, {**ready, "status": "False"})
        self._events.warning(pod, "NodeNotReady", "Node is not ready")

    def _evict(self, node: str, pod: Obj, driving: list[Obj]) -> float:
        """Delete the pod if its time is over; else how many seconds it has left."""
        if is_terminating(pod) or not driving:
            return math.inf
        now = self._clock.now()
        since = min(self._since(node, taint, now) for taint in driving)
        left = taints.patience(pod, driving) + since - now
        if left > 0:
            return left
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        message = "Taint manager: deleting due to NoExecute taint"
        target = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}
        self._events.normal(
            pod, "TaintManagerEviction", f"Marking for deletion Pod {namespace}/{name}"
        )
        self._condition(pod, {**target, "message": message})
        self._api.delete(POD, name, namespace, uid=pod["metadata"]["uid"])
        return math.inf

    def _since(self, node: str, taint: Obj, now: float) -> float:
        """Since when the node has the taint; those that say nothing count from the first look."""
        if "timeAdded" in taint:
            return seconds_of(taint["timeAdded"])
        return self._seen.setdefault((node, taint["key"]), now)

    def _condition(self, pod: Obj, new: Obj) -> None:
        conditions = with_pod_condition(pod, new, self._clock.now())
        body = {**pod, "status": {**pod["status"], "conditions": conditions}}
        self._api.update(POD, body, subresource="status", manager=MANAGER)
