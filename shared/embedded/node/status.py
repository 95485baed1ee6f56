"""A pod's status from the states of its containers. Pure.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ and Kubernetes
`pkg/kubelet/kubelet_pods.go`, `pkg/kubelet/status/generate.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from shared.embedded.schema.times import timestamp
from shared.service.objects import condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.service.objects import Obj

CREATING: Final[Obj] = {"waiting": {"reason": "ContainerCreating"}}
HOST: Final = "127.0.0.1"


@dataclass(slots=True)
class ContainerState:
    """What the agent knows of one container; `state` and `last` as containerStatuses show them."""

    name: str
    image: str = ""
    state: Obj = field(default_factory=lambda: CREATING)
    last: Obj = field(default_factory=dict)
    ready: bool = False
    started: bool = False
    restarts: int = 0

    def status(self) -> Obj:
        """The entry of `containerStatuses`."""
        return {
            "name": self.name,
            "state": self.state,
            "lastState": self.last,
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.image,
            "imageID": "",
            "started": self.started,
        }


def phase(containers: Sequence[ContainerState], restart_policy: str) -> str:
    """Pending, Running, Succeeded or Failed."""
    states = [each.state for each in containers]
    if any("running" in state for state in states):
        return "Running"
    ended = [state["terminated"]["exitCode"] for state in states if "terminated" in state]
    if len(ended) == len(states) and restart_policy != "Always":
        if not any(ended):
            return "Succeeded"
        return "Failed" if restart_policy == "Never" else "Running"
    ran = [each for each in containers if each.last or "terminated" in each.state]
    return "Running" if len(ran) == len(containers) else "Pending"


def pod_status(
    pod: Obj, containers: Sequence[ContainerState], address: str, started: float, now: float
) -> Obj:
    """The whole status, but for what the API fills in (qosClass).

    Times in seconds since the epoch; `address` is empty while there is none.
    """
    current = phase(containers, pod["spec"].get("restartPolicy", "Always"))
    over = current in ("Succeeded", "Failed")
    waiting = [each.name for each in containers if not each.ready]
    ready = not over and not waiting
    reason = {} if ready else {"reason": "PodCompleted" if over else "ContainersNotReady"}
    if waiting and not over:
        reason["message"] = f"containers with unready status: [{' '.join(waiting)}]"
    conditions = [
        _condition(pod, "PodReadyToStartContainers", bool(address) and not over, {}, now),
        _condition(pod, "Initialized", True, {}, now),
        _condition(pod, "Ready", ready, reason, now),
        _condition(pod, "ContainersReady", ready, reason, now),
        _condition(pod, "PodScheduled", True, {}, now),
    ]
    status: Obj = {
        "phase": current,
        "conditions": conditions,
        "hostIP": HOST,
        "hostIPs": [{"ip": HOST}],
        "startTime": timestamp(started),
        "containerStatuses": [each.status() for each in containers],
    }
    if address:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    return status


def _condition(pod: Obj, kind: str, value: bool, extra: dict[str, str], now: float) -> Obj:
    """The condition; its transition time stays while its status does."""
    text = "True" if value else "False"
    current = condition(pod, kind)
    since = timestamp(now)
    if current is not None and current["status"] == text:
        since = current["lastTransitionTime"]
    return {
        "type": kind,
        "status": text,
        "lastProbeTime": None,
        "lastTransitionTime": since,
        **extra,
    }
