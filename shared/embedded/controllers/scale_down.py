"""Which pods of a ReplicaSet go first when it shrinks. Pure.

Source: Kubernetes `ActivePodsWithRanks` in `pkg/controller/controller_utils.go`: pods that serve
nobody yet go before pods that do, then by the annotation pod-deletion-cost, then young ones before
old ones.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from shared.embedded.controllers.pods import is_ready, ready_since, restarts, seconds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.service.objects import Obj

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def victims(pods: Sequence[Obj], count: int, now: float) -> list[Obj]:
    """The `count` pods to delete, in order of deletion."""
    nodes = Counter(pod["spec"].get("nodeName", "") for pod in pods)
    return sorted(pods, key=lambda pod: _rank(pod, nodes, now))[:count]


def deletion_cost(pod: Obj) -> int:
    """The annotation `controller.kubernetes.io/pod-deletion-cost`; 0 when absent or no integer."""
    text = (pod["metadata"].get("annotations") or {}).get(DELETION_COST, "0")
    try:
        return int(text)
    except ValueError:
        return 0


def _rank(pod: Obj, nodes: Counter[str], now: float) -> tuple[Any, ...]:
    ready = is_ready(pod)
    node = pod["spec"].get("nodeName", "")
    return (
        bool(node),
        _PHASES.get(pod.get("status", {}).get("phase", "Pending"), 0),
        ready,
        deletion_cost(pod),
        -nodes[node],
        _magnitude(now - ready_since(pod)) if ready else 0,
        -restarts(pod),
        _magnitude(now - seconds_of(pod["metadata"].get("creationTimestamp"))),
        pod["metadata"].get("uid", ""),
    )


def _magnitude(age: float) -> int:
    """Ages within a factor of two count as equal, so that the choice among them is spread."""
    return int(math.log2(age * 1e9)) if age > 0 else -1
