"""Scheduler: gives each pod that has no node yet to one that fits.

It honours `nodeName` (by leaving such pods alone), `nodeSelector`, cordoned nodes and the number of
pods a node takes, and has a pod wait until the claims that it mounts are bound. CPU and memory
requests are *not* weighed: a laptop is to run what a cluster runs, only slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.controllers.cache import Cache, carries, key_of
from shared.embedded.controllers.pods import claims_of, is_terminal, is_terminating
from shared.embedded.controllers.taints import tolerates
from shared.embedded.kinds import NODE, PERSISTENT_VOLUME_CLAIM, POD
from shared.service.objects import condition
from shared.service.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Key
    from shared.embedded.controllers.events import Events
    from shared.service.objects import Obj

MANAGER = "kube-scheduler"
NO_ROOM = (
    "each is cordoned, full (see `kubectl describe node`), or lacks a label of the pod's "
    "nodeSelector."
)
RETRY = 5.0  # seconds until a pod that fits nowhere is looked at again


class Scheduler:
    """Binds one pod a call."""

    def __init__(self, api: Api, cache: Cache, events: Events) -> None:
        self._api = api
        self._cache = cache
        self._events = events
        self._loads: dict[str, int] = {}
        for pod in cache.all(POD).values():
            self._weigh(pod, 1)

    def observe(self, change: Change) -> None:
        """Keep count of the pods on each node."""
        if change.kind is POD:
            if change.old is not None:
                self._weigh(change.old, -1)
            if change.type != "DELETED":
                self._weigh(change.object, 1)

    def keys(self, change: Change) -> Iterator[Key]:
        """The pod of a change, or those that its claim or its node may help, when they wait."""
        if change.kind is NODE and _admits(change):
            yield from (key_of(pod) for pod in self._cache.on_node("") if _waits(pod))
        elif change.kind is PERSISTENT_VOLUME_CLAIM:
            users = self._cache.users(key_of(change.object))
            yield from (key_of(pod) for pod in users if _waits(pod))
        elif change.kind is POD and change.type != "DELETED" and _waits(change.object):
            yield key_of(change.object)

    def reconcile(self, key: Key) -> float | None:
        """Bind the pod, or say why it cannot be; seconds until the next try."""
        pod = self._cache.get(POD, key)
        if pod is None or not _waits(pod):
            return None
        nodes = list(self._cache.all(NODE).values())
        fitting = [node for node in nodes if fits(pod, node, self._load(node))]
        why = self._unmountable(pod) or ("" if fitting else NO_ROOM)
        if why:
            self._refuse(pod, f"0/{len(nodes)} nodes are available: {why}")
            return RETRY
        name = min(fitting, key=self._load)["metadata"]["name"]
        namespace, pod_name = key
        self._api.bind(pod_name, namespace, name)
        message = f"Successfully assigned {namespace}/{pod_name} to {name}"
        self._events.normal(pod, "Scheduled", message)
        return None

    def _load(self, node: Obj) -> int:
        return self._loads.get(node["metadata"]["name"], 0)

    def _weigh(self, pod: Obj, step: int) -> None:
        name = pod["spec"].get("nodeName")
        if name and not is_terminal(pod):
            self._loads[name] = self._loads.get(name, 0) + step

    def _unmountable(self, pod: Obj) -> str:
        """What is wrong with a claim that the pod mounts; empty if all can be mounted."""
        for name in sorted(claims_of(pod)):
            key = (pod["metadata"]["namespace"], name)
            claim = self._cache.get(PERSISTENT_VOLUME_CLAIM, key)
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found.'
            if is_terminating(claim):
                return f'persistentvolumeclaim "{name}" is being deleted.'
            if claim["status"].get("phase") != "Bound":
                return f"pod has unbound immediate PersistentVolumeClaims ({name})."
        return ""

    def _refuse(self, pod: Obj, message: str) -> None:
        current = condition(pod, "PodScheduled")
        if current is None or current.get("message") != message:
            refusal = {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": message,
            }
            body = {"status": {"conditions": [refusal]}}
            namespace, name = key_of(pod)
            self._api.patch(
                POD,
                name,
                namespace,
                body,
                patch_type="strategic",
                subresource="status",
                manager=MANAGER,
            )
        self._events.warning(pod, "FailedScheduling", message)


def fits(pod: Obj, node: Obj, load: int) -> bool:
    """The node takes pods, has room for one more, and carries the labels the pod asks for."""
    limit = parse(node.get("status", {}).get("allocatable", {}).get("pods", "0"))
    selector = pod["spec"].get("nodeSelector") or {}
    open_ = not node["spec"].get("unschedulable", False)
    tolerated = all(
        taint["effect"] == "PreferNoSchedule" or tolerates(pod, taint)
        for taint in node["spec"].get("taints") or ()
    )
    return open_ and load < limit and carries(node, selector) and tolerated


def _admits(change: Change) -> bool:
    """Whether a node may take pods that it would not have taken before."""
    if change.old is None or change.type == "DELETED":
        return change.type != "DELETED"
    return _room(change.old) != _room(change.object)


def _room(node: Obj) -> tuple[object, ...]:
    return node["spec"], node["metadata"].get("labels"), node["status"].get("allocatable")


def _waits(pod: Obj) -> bool:
    return not pod["spec"].get("nodeName") and not is_terminating(pod) and not is_terminal(pod)
