"""Which taints a node has by its own state, and which pods tolerate them for how long. Pure.

Called by the node lifecycle controller and by the scheduler. Source:
https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ and Kubernetes
`pkg/controller/nodelifecycle`, `pkg/controller/tainteviction`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from shared.embedded.schema.times import timestamp
from shared.service.objects import condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shared.service.objects import Obj

NOT_READY: Final = "node.kubernetes.io/not-ready"
UNREACHABLE: Final = "node.kubernetes.io/unreachable"
UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"

_BY_CONDITION: Final = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
}
_OWN: Final = {(key, "NoSchedule") for key in (*_BY_CONDITION.values(), UNSCHEDULABLE)} | {
    (key, "NoExecute") for key in (NOT_READY, UNREACHABLE)
}


def is_unready(node: Obj) -> bool:
    """The node says that it is not ready, or nobody knows; one that never said anything is not."""
    ready = condition(node, "Ready")
    return ready is not None and ready["status"] != "True"


def tainted(node: Obj, now: float) -> list[Obj]:
    """The taints that the node should have: those that others gave it, then those of its state."""
    present = node["spec"].get("taints") or []
    due = dict.fromkeys(_due(node))
    foreign = [each for each in present if _name(each) not in _OWN]
    kept = [each for each in present if _name(each) in due]
    for each in kept:
        del due[_name(each)]
    new = [{"key": k, "effect": effect, "timeAdded": timestamp(now)} for k, effect in due]
    return [*foreign, *kept, *new]


def evicting(node: Obj) -> list[Obj]:
    """The taints that drive pods away which do not tolerate them."""
    return [each for each in node["spec"].get("taints") or () if each["effect"] == "NoExecute"]


def tolerates(pod: Obj, taint: Obj) -> bool:
    """Some toleration of the pod matches."""
    return any(_matching(pod, taint))


def patience(pod: Obj, present: Iterable[Obj]) -> float:
    """For how many seconds the pod may stay with these taints: 0 for not at all, or inf."""
    shortest = math.inf
    for taint in present:
        matching = list(_matching(pod, taint))
        if not matching:
            return 0.0
        limits = [each["tolerationSeconds"] for each in matching if "tolerationSeconds" in each]
        shortest = min([shortest, *(max(float(limit), 0.0) for limit in limits)])
    return shortest


def lost(conditions: Sequence[Obj], now: float) -> list[Obj]:
    """The conditions of a node of which nothing has been heard for too long."""
    unknown = {
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
    }
    return [
        each
        if each["status"] == "Unknown"
        else {**each, **unknown, "lastTransitionTime": timestamp(now)}
        for each in conditions
    ]


def _due(node: Obj) -> Iterator[tuple[str, str]]:
    for each in node.get("status", {}).get("conditions") or ():
        key = _BY_CONDITION.get((each["type"], each["status"]))
        if key is not None:
            yield key, "NoSchedule"
            if (key, "NoExecute") in _OWN:
                yield key, "NoExecute"
    if node["spec"].get("unschedulable"):
        yield UNSCHEDULABLE, "NoSchedule"


def _name(taint: Obj) -> tuple[str, str]:
    return taint["key"], taint["effect"]


def _matching(pod: Obj, taint: Obj) -> Iterator[Obj]:
    for toleration in pod["spec"].get("tolerations") or ():
        key = toleration.get("key") in (None, "", taint["key"])
        effect = toleration.get("effect") in (None, "", taint["effect"])
        anything = toleration.get("operator") == "Exists"
        if key and effect and (anything or toleration.get("value", "") == taint.get("value", "")):
            yield toleration
