"""The columns of pods, and the one word that sums a pod up (Running, CrashLoopBackOff, …). Pure.

Follows printPod of Kubernetes' pkg/printers/internalversion: the status shown is not the phase but
the most telling state among the pod's containers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.tables.column import AGE, NAME, NONE, Column, since, spec, status
from shared.service.objects import is_true, unix_seconds

if TYPE_CHECKING:
    from shared.service.objects import Obj

_TERMINAL: Final = ("Succeeded", "Failed")


def ready(pod: Obj, _: float) -> str:
    """Containers ready out of all: `1/1`."""
    return f"{sum(map(_serves, _containers(pod)))}/{len(spec(pod).get('containers') or [])}"


def summary(pod: Obj, _: float) -> str:
    """The status that `kubectl get pods` prints: phase, reason of a container, or Terminating."""
    phase = status(pod).get("phase", "Pending")
    if pod["metadata"].get("deletionTimestamp") and phase not in _TERMINAL:
        return "Unknown" if status(pod).get("reason") == "NodeLost" else "Terminating"
    reason = status(pod).get("reason") or phase
    for container in reversed(_containers(pod)):
        reason = _container_reason(container) or reason
    if reason == "Completed" and any(map(_serves, _containers(pod))):
        return "Running" if is_true(pod, "Ready") else "NotReady"
    return str(reason)


def restarts(pod: Obj, now: float) -> str:
    """How often containers were restarted, and when last: `3 (10s ago)`."""
    count = sum(int(container.get("restartCount", 0)) for container in _containers(pod))
    ends = list(filter(None, map(_last_end, _containers(pod))))
    if not count or not ends:
        return str(count)
    return f"{count} ({since(max(ends, key=unix_seconds), now)} ago)"


def _container_reason(container: Obj) -> str:
    if reason := (_state(container, "waiting") or {}).get("reason"):
        return str(reason)
    ended = _state(container, "terminated")
    if ended is None:
        return ""
    if ended.get("reason"):
        return str(ended["reason"])
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode', 0)}"


def _containers(pod: Obj) -> list[Obj]:
    return status(pod).get("containerStatuses") or []


def _last_end(container: Obj) -> str:
    last = container.get("lastState") or {}
    return (last.get("terminated") or {}).get("finishedAt") or ""


def _serves(container: Obj) -> bool:
    return bool(container.get("ready")) and _state(container, "running") is not None


def _state(container: Obj, name: str) -> Obj | None:
    return (container.get("state") or {}).get(name)


def _gates(pod: Obj, _: float) -> str:
    gates = spec(pod).get("readinessGates") or []
    passed = sum(1 for gate in gates if is_true(pod, gate["conditionType"]))
    return f"{passed}/{len(gates)}" if gates else NONE


COLUMNS: Final = (
    NAME,
    Column("Ready", ready, "The aggregate readiness state of this pod for accepting traffic."),
    Column("Status", summary, "The aggregate status of the containers in this pod."),
    Column(
        "Restarts",
        restarts,
        "The number of times the containers in this pod have been restarted and when the last "
        "container in this pod has restarted.",
    ),
    AGE,
    Column(
        "IP",
        lambda pod, _: status(pod).get("podIP") or NONE,
        "podIP address allocated to the pod. Routable at least within the cluster. Empty if not "
        "yet allocated.",
        wide=True,
    ),
    Column(
        "Node",
        lambda pod, _: spec(pod).get("nodeName") or NONE,
        "NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate "
        "for scheduling by the scheduler defined in schedulerName. Once this field is set, the "
        "kubelet for this node becomes responsible for the lifecycle of this pod. This field "
        "should not be used to express a desire for the pod to be scheduled on a specific node. "
        "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename",
        wide=True,
    ),
    Column(
        "Nominated Node",
        lambda pod, _: status(pod).get("nominatedNodeName") or NONE,
        "nominatedNodeName is set only when this pod preempts other pods on the node, but it "
        "cannot be scheduled right away as preemption victims receive their graceful termination "
        "periods. This field does not guarantee that the pod will be scheduled on this node. "
        "Scheduler may decide to place the pod elsewhere if other nodes become available sooner. "
        "Scheduler may also decide to give the resources on this node to a higher priority pod "
        "that is created after preemption. As a result, this field may be different than "
        "PodSpec.nodeName when the pod is scheduled.",
        wide=True,
    ),
    Column(
        "Readiness Gates",
        _gates,
        "If specified, all readiness gates will be evaluated for pod readiness. A pod is ready "
        "when all its containers are ready AND all conditions specified in the readiness gates "
        'have status equal to "True" More info: '
        "https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates",
        wide=True,
    ),
)
