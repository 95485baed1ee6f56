"""A pod of a service in a few fields: what it is doing, and why it does not do better. Pure.

The word for its state is that of `kubectl get pods`: not the phase, but the most telling state
among its containers (Kubernetes' pkg/printers/internalversion, printPod).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.management.answers import troubles
from shared.service import quantity
from shared.service.objects import annotated_number, is_true, labels_of

if TYPE_CHECKING:
    from shared.service.objects import Obj

REVISION = "deployment.kubernetes.io/revision"
TEMPLATE_HASH = "pod-template-hash"


def pod_json(pod: Obj, revision: int | None, usage: Obj | None) -> dict[str, Any]:
    """The pod, which belongs to `revision` of its Deployment and uses `usage` (PodMetrics)."""
    metadata = pod["metadata"]
    containers = _containers(pod)
    cpu, memory = _used(usage)
    return {
        "name": metadata["name"],
        "ready": is_true(pod, "Ready"),
        "state": state(pod),
        "reason": troubles.of_pod(pod),
        "restarts": sum(int(one.get("restartCount") or 0) for one in containers),
        "last_end": _last_end(containers),
        "created": metadata.get("creationTimestamp"),
        "node": (pod.get("spec") or {}).get("nodeName") or "",
        "revision": revision,
        "cpu": cpu,
        "memory": memory,
    }


def state(pod: Obj) -> str:
    """One word: `Running`, `Pending`, `CrashLoopBackOff`, `Terminating` …"""
    status = pod.get("status") or {}
    phase = str(status.get("phase") or "Pending")
    if pod["metadata"].get("deletionTimestamp") and phase not in ("Succeeded", "Failed"):
        return "Terminating"
    word = str(status.get("reason") or phase)
    for container in reversed(_containers(pod)):
        word = _word(container) or word
    return word


def revisions(replicasets: list[Obj]) -> dict[str, int]:
    """The revision of a Deployment by the hash its pods bear."""
    found = {}
    for one in replicasets:
        labels, revision = labels_of(one), annotated_number(one, REVISION)
        if TEMPLATE_HASH in labels and revision is not None:
            found[labels[TEMPLATE_HASH]] = revision
    return found


def _word(container: Obj) -> str:
    current = container.get("state") or {}
    waiting, ended = current.get("waiting") or {}, current.get("terminated")
    if waiting.get("reason"):
        return str(waiting["reason"])
    return _end(ended) if ended else ""


def _last_end(containers: list[Obj]) -> dict[str, Any] | None:
    """How the run before the present one ended; None if there was none."""
    ends = [(one.get("lastState") or {}).get("terminated") for one in containers]
    last = max(filter(None, ends), key=lambda one: str(one.get("finishedAt")), default=None)
    if last is None:
        return None
    code = last.get("exitCode") or 0
    return {"time": last.get("finishedAt"), "reason": _end(last), "exit_code": code}


def _end(terminated: Obj) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _containers(pod: Obj) -> list[Obj]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _used(usage: Obj | None) -> tuple[float | None, int | None]:
    """Cores and bytes of all containers."""
    if usage is None:
        return None, None
    given = [one.get("usage") or {} for one in usage.get("containers") or ()]
    try:
        cores = sum(quantity.parse(str(one.get("cpu", "0"))) for one in given)
        memory = sum(quantity.whole(str(one.get("memory", "0"))) for one in given)
    except ValueError:
        return None, None
    return float(cores), memory
