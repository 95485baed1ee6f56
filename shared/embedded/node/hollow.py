"""Nodes without processes, for tests and benchmarks at scale (as Kubernetes' kubemark has them).

Pods bound to a hollow node are Running and Ready at once, at an address where nobody listens; their
usage is what was set. Bind pods there with `nodeName`, or `nodeSelector: {type: hollow}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.controllers.cache import key_of
from shared.embedded.controllers.pods import is_terminal, is_terminating
from shared.embedded.kinds import NODE, POD
from shared.embedded.node import node_object
from shared.embedded.node.meter import Rate
from shared.embedded.node.metrics import PodUsage
from shared.embedded.node.settings import NodeSettings
from shared.embedded.node.status import ContainerState, pod_status
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.embedded.api.operations import Api, Change
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

MANAGER = "hollow-node"
LABELS = {"type": "hollow"}


class HollowNode:
    """One node of up to `max_pods` pods.

    load: may be set anew at any time; (cores, bytes of memory) of a pod, None for no metrics.
    """

    def __init__(
        self, api: Api, clock: Clock, name: str = "hollow", max_pods: int = 100_000
    ) -> None:
        self.name = name
        self.load: Callable[[Obj], tuple[float, int] | None] = lambda _: (0.0, 2**20)
        self.window = 15.0
        self._api = api
        self._clock = clock
        self._next = 0
        node = node_object.node(NodeSettings(name=name, max_pods=max_pods), clock.now())
        node["metadata"]["labels"] |= LABELS
        if api.find(NODE, name) is None:
            api.create(NODE, node, manager=MANAGER)
            api.update(NODE, {**api.get(NODE, name), "status": node["status"]},
                       subresource="status", manager=MANAGER)  # fmt: skip
        self.close = api.subscribe(self._apply)

    def usage(self) -> Iterator[PodUsage]:
        """What the pods seem to use now."""
        now = self._clock.now()
        for pod in self._api.list(POD, fields=f"spec.nodeName={self.name}"):
            load = self.load(pod)
            if load is not None and not is_terminal(pod):
                yield self._usage(pod, load, now)

    def _usage(self, pod: Obj, load: tuple[float, int], now: float) -> PodUsage:
        containers = [each["name"] for each in pod["spec"]["containers"]]
        rate = Rate(now, self.window, load[0] / len(containers), load[1] // len(containers))
        namespace, name = key_of(pod)
        labels = pod["metadata"].get("labels") or {}
        return PodUsage(namespace, name, labels, dict.fromkeys(containers, rate))

    def _apply(self, change: Change) -> None:
        """Answer a change at once; the pod may have changed again since, so it is looked up."""
        if change.kind is not POD or change.object["spec"].get("nodeName") != self.name:
            return
        namespace, name = key_of(change.object)
        pod = self._api.find(POD, name, namespace)
        if pod is None or pod["spec"].get("nodeName") != self.name:
            return
        if is_terminating(pod):
            self._api.delete(POD, name, namespace, grace=0, uid=pod["metadata"]["uid"])
        elif "podIP" not in pod.get("status", {}):
            body = {**pod, "status": self._running(pod)}
            self._api.update(POD, body, subresource="status", manager=MANAGER)

    def _running(self, pod: Obj) -> Obj:
        now = self._clock.now()
        self._next += 1
        address = f"127.{251 + (self._next >> 16) % 4}.{self._next >> 8 & 255}.{self._next & 255}"
        state = {"running": {"startedAt": timestamp(now)}}
        views = [
            ContainerState(each["name"], each.get("image", ""), state, ready=True, started=True)
            for each in pod["spec"]["containers"]
        ]
        return pod_status(pod, views, address, now, now)
