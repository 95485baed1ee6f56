"""ReplicaSet controller: as many pods as asked, and the count of them as status.

Source: Kubernetes `pkg/controller/replicaset`. Which pods go first is decided in `scale_down`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from shared.embedded.controllers.adoption import Adoption
from shared.embedded.controllers.cache import key_of
from shared.embedded.controllers.deployment_status import with_condition
from shared.embedded.controllers.pods import (
    controller_reference,
    is_active,
    is_available,
    is_ready,
    is_terminal,
    is_terminating,
    ready_since,
)
from shared.embedded.controllers.rollout import size
from shared.embedded.controllers.scale_down import victims
from shared.embedded.errors import StatusError
from shared.embedded.kinds import POD, REPLICA_SET
from shared.service.objects import condition, controller_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Cache, Key
    from shared.embedded.controllers.events import Events
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

MANAGER = "kube-controller-manager"
BURST = 50  # pods created or deleted in one turn, so that others get theirs


class ReplicaSets:
    """Reconciles one ReplicaSet a call."""

    def __init__(self, api: Api, cache: Cache, clock: Clock, events: Events) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock
        self._events = events
        self._adoption = Adoption(api, cache, REPLICA_SET, POD, is_active)

    def keys(self, change: Change) -> Iterator[Key]:
        """Which ReplicaSets a change concerns."""
        if change.kind is REPLICA_SET:
            yield key_of(change.object)
        elif change.kind is POD:
            for pod in (change.object, change.old):
                owner = controller_of(pod) if pod is not None else None
                if owner is not None and owner["kind"] == "ReplicaSet":
                    yield change.object["metadata"]["namespace"], owner["name"]
            if controller_of(change.object) is None and change.type != "DELETED":
                yield from self._adoption.candidates(change.object)

    def reconcile(self, key: Key) -> float | None:
        """Bring the number of pods nearer to what is asked; seconds until the next look."""
        replicaset = self._cache.get(REPLICA_SET, key)
        if replicaset is None:
            return None
        failure: StatusError | None = None
        more = False
        if not is_terminating(replicaset):
            self._adoption.settle(replicaset, MANAGER)
            try:
                more = self._resize(replicaset)
            except StatusError as error:
                failure = error
        pods = self._cache.owned(POD, replicaset)
        now = self._clock.now()
        self._report(replicaset, status(replicaset, pods, now, failure))
        if failure is not None:
            raise failure
        return 0.0 if more else next_available(replicaset, pods, now)

    def _resize(self, replicaset: Obj) -> bool:
        """Create or delete up to `BURST` pods; whether more remain to be."""
        active = [pod for pod in self._cache.owned(POD, replicaset) if is_active(pod)]
        excess = len(active) - size(replicaset)
        if excess < 0:
            for _ in range(min(-excess, BURST)):
                self._create(replicaset)
        else:
            for pod in victims(active, min(excess, BURST), self._clock.now()):
                self._delete(replicaset, pod)
        return abs(excess) > BURST

    def _create(self, replicaset: Obj) -> None:
        try:
            pod = self._api.create(
                POD, pod_of(replicaset), replicaset["metadata"]["namespace"], manager=MANAGER
            )
        except StatusError as error:
            self._events.warning(replicaset, "FailedCreate", f"Error creating: {error.message}")
            raise
        name = pod["metadata"]["name"]
        self._events.normal(replicaset, "SuccessfulCreate", f"Created pod: {name}")

    def _delete(self, replicaset: Obj, pod: Obj) -> None:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        self._api.delete(POD, name, namespace, uid=pod["metadata"]["uid"])
        self._events.normal(replicaset, "SuccessfulDelete", f"Deleted pod: {name}")

    def _report(self, replicaset: Obj, new: Obj) -> None:
        if new == replicaset.get("status", {}):
            return
        body = {**replicaset, "status": new}
        self._api.update(REPLICA_SET, body, subresource="status", manager=MANAGER)


def pod_of(replicaset: Obj) -> Obj:
    """The pod that a ReplicaSet creates from its template."""
    template = copy.deepcopy(replicaset["spec"]["template"])
    metadata = {
        key: template.get("metadata", {})[key]
        for key in ("labels", "annotations", "finalizers")
        if template.get("metadata", {}).get(key)
    }
    metadata["generateName"] = f"{replicaset['metadata']['name']}-"
    metadata["namespace"] = replicaset["metadata"]["namespace"]
    metadata["ownerReferences"] = [controller_reference(replicaset)]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def status(
    replicaset: Obj, pods: Sequence[Obj], now: float, failure: StatusError | None = None
) -> Obj:
    """The ReplicaSet's status; `pods` are all that it controls, ended and terminating too."""
    active = [pod for pod in pods if is_active(pod)]
    minimum = replicaset["spec"].get("minReadySeconds", 0)
    labels = replicaset["spec"]["template"].get("metadata", {}).get("labels") or {}
    counts = {
        "fullyLabeledReplicas": sum(
            labels.items() <= (pod["metadata"].get("labels") or {}).items() for pod in active
        ),
        "readyReplicas": sum(is_ready(pod) for pod in active),
        "availableReplicas": sum(is_available(pod, minimum, now) for pod in active),
    }
    result: Obj = {"replicas": len(active)}
    result |= {key: value for key, value in counts.items() if value}
    result["terminatingReplicas"] = sum(
        is_terminating(pod) and not is_terminal(pod) for pod in pods
    )
    result["observedGeneration"] = replicaset["metadata"].get("generation", 0)
    if failure is not None:
        result["conditions"] = _failure(replicaset, failure, now)
    return result


def _failure(replicaset: Obj, failure: StatusError, now: float) -> list[Obj]:
    current = condition(replicaset, "ReplicaFailure")
    found = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": failure.message,
    }
    return with_condition([current] if current is not None else [], found, now)


def next_available(replicaset: Obj, pods: Sequence[Obj], now: float) -> float | None:
    """Seconds until the next ready pod becomes available; None when none is waited for."""
    minimum = replicaset["spec"].get("minReadySeconds", 0)
    waits = [
        ready_since(pod) + minimum - now
        for pod in pods
        if is_active(pod) and is_ready(pod) and not is_available(pod, minimum, now)
    ]
    return max(0.05, min(waits)) if waits else None
