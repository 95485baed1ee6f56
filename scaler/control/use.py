"""Who uses a service, by all that is known of it: what `decision.zero` asks for. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scaler.decision.room import UNSCHEDULABLE
from scaler.decision.zero import Use
from scaler.sources.idleness import Idleness
from scaler.sources.wake import CAUSES
from shared.service.objects import unix_seconds
from shared.service.sleeping import is_woken, wake_asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaler.cluster.catalog import Target
    from scaler.decision import Pod
    from scaler.decision.zero import Zero
    from scaler.sources.loads import Loads
    from shared.service.objects import Obj

ASKED: Final = "somebody who asked for it"
_NOBODY_TELLS: Final = Idleness()
_BY_NODE_PORT: Final = "its node port, where requests pass by the gateways"


def use_of(target: Target, loads: Loads | None, now: float) -> Use:
    """The use of a service that has replicas, at `now` (unix seconds)."""
    idle = (loads.idleness if loads else _NOBODY_TELLS).of(target.name)
    pods = [each.pod for each in target.pods if not each.pod.deleted]
    return Use(
        open=idle.open,
        idle_s=idle.idle_s,
        begun=_begun(target.deployment, pods),
        unheard=idle.unheard,
        unseen=_BY_NODE_PORT if target.expose.node_port else "",
        unsettled=_rolls(target.deployment) or _starts(pods, target.expose.startup_timeout, now),
    )


def still_idle(idleness: Idleness, service: str, zero: Zero | None) -> bool:
    """Whether, right before a service is put to sleep, still nobody uses it."""
    idle = idleness.of(service)
    return not (idle.unheard or idle.open) and idle.idle_s >= (zero.after_s if zero else 0.0)


def why_awake(target: Target, zero: Zero | None, scheduled: int, loads: Loads | None) -> str:
    """In words why a service that sleeps is to wake; empty: nobody asks for it.

    Gateways tell of requests as they come; their counts are for when that way is broken.
    """
    if is_woken(target.deployment):
        return ASKED
    load = loads.services.get(target.name) if loads else None
    if load is not None and load.waiting:
        return CAUSES["request"]
    if zero is None:
        return "its settings, by which it does not sleep"
    if scheduled:
        return f"a schedule, which asks for {scheduled}"
    return _BY_NODE_PORT if target.expose.node_port else ""


def _begun(deployment: Obj, pods: Iterable[Pod]) -> float:
    """When it was made, or had its first pod ready, or somebody asked for it to be awake.

    So it is after a start, a wake or a restart, whoever did it and whichever scaler leads since.
    A start may take longer than `zero_after`: from its end on the service can be used.
    """
    made = deployment["metadata"].get("creationTimestamp")
    oldest = min((_usable(pod) for pod in pods if pod.started is not None), default=0.0)
    return max(unix_seconds(made) if made else 0.0, oldest, wake_asked(deployment))


def _usable(pod: Pod) -> float:
    """Since when a pod that has started is ready; of one that is not, its start."""
    became = pod.transitioned if pod.ready == "True" else None
    return max(pod.started or 0.0, became or 0.0)


def _rolls(deployment: Obj) -> str:
    """That it is in a rollout, be it stuck: the old pods may be the only good ones."""
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    pending = status.get("observedGeneration", 0) < metadata.get("generation", 0)
    if pending or status.get("replicas", 0) > status.get("updatedReplicas", 0):
        return "in a rollout"
    return ""


def _starts(pods: Iterable[Pod], longest: float, now: float) -> str:
    """That a pod starts, for as long as a start may take; one that has no node starts nothing."""
    starting = (
        pod
        for pod in pods
        if pod.ready != "True" and pod.phase in ("Pending", "Running")
        if pod.waiting != UNSCHEDULABLE
        if pod.started is None or now - pod.started < longest
    )
    return f"{pod.name} starts" if (pod := next(starting, None)) else ""
