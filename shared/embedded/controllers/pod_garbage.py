"""Pod garbage collector: deletes pods whose node is no more, for nobody else will.

A node that is missing is given a while to come back. Source: Kubernetes
`pkg/controller/podgc/gc_controller.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.controllers.cache import key_of
from shared.embedded.controllers.pods import is_terminal, with_pod_condition
from shared.embedded.kinds import NODE, POD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Cache, Key
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

MANAGER: Final = "kube-controller-manager"
QUARANTINE: Final = 40.0  # seconds that a node may be missing


class PodGarbage:
    """Reconciles one pod a call."""

    def __init__(self, api: Api, cache: Cache, clock: Clock) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock
        self._missing: dict[str, float] = {}

    def keys(self, change: Change) -> Iterator[Key]:
        """A pod that is bound to a missing node, or all those of a node that goes."""
        if change.kind is POD and change.type != "DELETED":
            if self._is_orphan(change.object):
                yield key_of(change.object)
        elif change.kind is NODE and change.type == "DELETED":
            yield from map(key_of, self._cache.on_node(change.object["metadata"]["name"]))
        elif change.kind is NODE:
            self._missing.pop(change.object["metadata"]["name"], None)

    def reconcile(self, key: Key) -> float | None:
        """Delete the pod if its node stays missing; seconds until the next look."""
        pod = self._cache.get(POD, key)
        if pod is None or not self._is_orphan(pod):
            return None
        now = self._clock.monotonic()
        left = self._missing.setdefault(pod["spec"]["nodeName"], now) + QUARANTINE - now
        if left > 0:
            return left
        namespace, name = key
        if not is_terminal(pod):
            self._fail(pod)
        self._api.delete(POD, name, namespace, grace=0, uid=pod["metadata"]["uid"])
        return None

    def _is_orphan(self, pod: Obj) -> bool:
        node = pod["spec"].get("nodeName")
        return bool(node) and self._cache.get(NODE, ("", node)) is None

    def _fail(self, pod: Obj) -> None:
        target = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists",
        }
        conditions = with_pod_condition(pod, target, self._clock.now())
        status = {**pod["status"], "phase": "Failed", "conditions": conditions}
        self._api.update(POD, {**pod, "status": status}, subresource="status", manager=MANAGER)
