"""What there is of nodes, CPU and memory: `cluster` of OSCAR's StatusInfo. Pure.

CPU in thousandths of a core and memory in bytes, as OSCAR's clients read them. Source of the
arithmetic of requests: Kubernetes documentation, "Sidecar containers", resource sharing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from shared.service import quantity
from shared.service.objects import labels_of

if TYPE_CHECKING:
    from shared.service.objects import Obj

GPU: Final = "nvidia.com/gpu"
_CONTROL_PLANE: Final = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_INTERLINK: Final = ("virtual-node.interlink/type", "virtual-kubelet")
_ENDED: Final = ("Succeeded", "Failed")
_UNITS: Final[Mapping[str, Callable[[str], int]]] = {
    "cpu": quantity.milli,
    "memory": quantity.whole,
}


def cluster(nodes: Sequence[Obj], usage: Mapping[str, Obj], pods: Iterable[Obj]) -> Obj:
    """The section; `usage` is that of NodeMetrics by node, and `pods` are those that ask for
    something. What a node uses counts as free where it is not known and nobody asked for it."""
    asked = _requests(pods)
    details = [
        _node(node, usage.get(node["metadata"]["name"]), asked.get(node["metadata"]["name"], {}))
        for node in _workers(nodes)
    ]
    return {
        "nodes_count": len(details),
        "metrics": {
            "cpu": _totals(details, "cpu", "cores", misspelt=True),
            "memory": _totals(details, "memory", "bytes"),
            "gpu": {"total_gpu": sum(one["gpu"] for one in details)},
        },
        "nodes": details,
    }


def has_gpu(nodes: Iterable[Obj]) -> bool:
    """Whether a pod can get a GPU on any node."""
    return any(_gpus(node) for node in nodes)


def _workers(nodes: Sequence[Obj]) -> Sequence[Obj]:
    """Nodes that are not the control plane's; all of them where there are no others."""
    workers = [node for node in nodes if not any(one in labels_of(node) for one in _CONTROL_PLANE)]
    return workers or nodes


def _node(node: Obj, used: Obj | None, asked: Mapping[str, int]) -> Obj:
    status = node.get("status") or {}
    conditions = [
        {"type": one["type"], "status": one["status"] == "True"}
        for one in status.get("conditions") or []
    ]
    ready = [one["status"] for one in conditions if one["type"] == "Ready"]
    key, kind = _INTERLINK
    return {
        "name": node["metadata"]["name"],
        "cpu": _amounts(node, used, asked, "cpu", "cores"),
        "memory": _amounts(node, used, asked, "memory", "bytes"),
        "gpu": _gpus(node),
        "is_interlink": labels_of(node).get(key) == kind,
        "status": ("Ready" if ready[0] else "NotReady") if ready else "Unknown",
        "conditions": conditions,
    }


def _amounts(
    node: Obj, used: Obj | None, asked: Mapping[str, int], kind: str, unit: str
) -> dict[str, int]:
    requested = asked.get(kind, 0)
    return {
        f"capacity_{unit}": _amount(_allocatable(node), kind),
        f"usage_{unit}": requested if used is None else _amount(used, kind),
        f"request_{unit}": requested,
    }


def _allocatable(node: Obj) -> Mapping[str, str]:
    return (node.get("status") or {}).get("allocatable") or {}


def _gpus(node: Obj) -> int:
    return quantity.whole(str(_allocatable(node).get(GPU, "0")))


def _amount(amounts: Mapping[str, Any], kind: str) -> int:
    return _UNITS[kind](str(amounts.get(kind, "0")))


def _totals(
    nodes: Sequence[Obj], kind: str, unit: str, *, misspelt: bool = False
) -> dict[str, int]:
    """Sums and the largest; OSCAR's name of the last one is `misspelt` for CPU."""
    free = [one[kind][f"capacity_{unit}"] - one[kind][f"usage_{unit}"] for one in nodes]
    left = [one[kind][f"capacity_{unit}"] - one[kind][f"request_{unit}"] for one in nodes]
    largest = "total_schedulable_on_node_" if misspelt else "max_schedulable_on_node_"
    return {
        f"total_free_{unit}": sum(free),
        f"max_free_on_node_{unit}": max(free, default=0),
        f"total_schedulable_{unit}": sum(left),
        f"{largest}{unit}": max(left, default=0),
    }


def _requests(pods: Iterable[Obj]) -> dict[str, dict[str, int]]:
    """By node and kind."""
    found: dict[str, dict[str, int]] = {}
    for pod in pods:
        node = pod["spec"].get("nodeName")
        if node and (pod.get("status") or {}).get("phase") not in _ENDED:
            sums = found.setdefault(node, dict.fromkeys(_UNITS, 0))
            for kind in _UNITS:
                sums[kind] += _request(pod["spec"], kind)
    return found


def _request(spec: Obj, kind: str) -> int:
    """Containers run beside sidecars; init containers one by one, before."""
    inits = spec.get("initContainers") or []
    sidecars = [one for one in inits if one.get("restartPolicy") == "Always"]
    before = [_asked(one, kind) for one in inits if one not in sidecars]
    beside = sum(_asked(one, kind) for one in spec.get("containers") or [])
    return max([beside, *before]) + sum(_asked(one, kind) for one in sidecars)


def _asked(container: Obj, kind: str) -> int:
    return _amount((container.get("resources") or {}).get("requests") or {}, kind)
