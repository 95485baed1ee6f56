"""What the cluster's objects say of services, and the observation for a decision. Pure.

Pods are a Deployment's own by the chain of controllers Pod → ReplicaSet → Deployment, never by
labels alone: a Job or a canary with the same labels is somebody else's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from scaler.cluster.shortage import shortage
from scaler.decision import Container, Load, Observation, Pod
from scaler.sources.quality import Expected
from shared.service import quantity
from shared.service.objects import (
    condition,
    container_statuses,
    controller_uid,
    unix_seconds,
    wanted_replicas,
)
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaler.decision import Sample
    from shared.service.objects import Obj

_INTEGER: Final = re.compile(r"-?[0-9]{1,10}", re.ASCII)

DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"

_NONE: Final[Mapping[str, int]] = MappingProxyType({})

_ON_THE_WAY: Final = frozenset({"ContainerCreating", "PodInitializing"})
"""What every pod waits for while it starts; nothing is wrong with it."""


@value
class PodFacts:
    """What a Pod object says, apart from its usage."""

    pod: Pod
    expected: Expected
    owner: str
    """uid of the controlling ReplicaSet; empty for a pod without one."""
    deletion_cost: int | None
    """The annotation, when there is one."""

    @property
    def measurable(self) -> bool:
        """Whether a source should have a sample of this pod."""
        return self.pod.phase == "Running" and not self.pod.deleted


class PodReader:
    """The facts of pods, read anew only when the object has changed.

    Caches take a new object for each change, so an object is known by its identity, which is its
    own as long as it is held here.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[PodFacts, Obj]] = {}

    def by_owner(self, pods: Iterable[Obj]) -> dict[str, list[PodFacts]]:
        """The facts of pods by the uid of their ReplicaSet; pods that are gone are forgotten."""
        known: dict[int, tuple[PodFacts, Obj]] = {}
        owned: defaultdict[str, list[PodFacts]] = defaultdict(list)
        for obj in pods:
            key = id(obj)
            entry = known[key] = self._known.get(key) or (read_pod(obj), obj)
            owned[entry[0].owner].append(entry[0])
        self._known = known
        return owned


def read_pod(obj: Obj) -> PodFacts:
    """The facts of one Pod object."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    ready = condition(obj, "Ready") or {}
    short, since = _unscheduled(obj)
    statuses = {each["name"]: each for each in container_statuses(obj)}
    containers = tuple(_containers(spec, statuses))
    pod = Pod(
        name=metadata["name"],
        phase=status.get("phase", "Pending"),
        deleted="deletionTimestamp" in metadata,
        ready=ready.get("status"),
        started=_time(status.get("startTime")),
        transitioned=_time(ready.get("lastTransitionTime")),
        containers=containers,
        request_m=None if _cpu(spec, "requests") is None else _actual(status, spec),
        running=_running(statuses[each.name] for each in containers if each.name in statuses),
        waiting=_waiting(obj, statuses.values()),
        waiting_since=since,
        shortage=short,
    )
    names = frozenset(each.name for each in containers)
    return PodFacts(
        pod,
        Expected(pod.name, names, spec.get("nodeName", "")),
        controller_uid(obj),
        _cost(metadata.get("annotations") or {}),
    )


def _running(statuses: Iterable[Obj]) -> float | None:
    """When the latest run began; None while one of them does not run, or none is known."""
    runs = [((each.get("state") or {}).get("running") or {}).get("startedAt") for each in statuses]
    times = [time for text in runs if (time := _time(text)) is not None]
    return max(times) if times and len(times) == len(runs) else None


def _waiting(pod: Obj, statuses: Iterable[Obj]) -> str:
    """What the first container that waits is waiting for, or why the pod has no node."""
    states = [(each.get("state") or {}).get("waiting") or {} for each in statuses]
    for reason in filter(None, (state.get("reason", "") for state in states)):
        if reason not in _ON_THE_WAY:
            return str(reason)
    scheduled = condition(pod, "PodScheduled") or {}
    return str(scheduled.get("reason", "")) if scheduled.get("status") == "False" else ""


def _unscheduled(pod: Obj) -> tuple[str, float | None]:
    """What no node has for the pod, and since when it waits for it."""
    scheduled = condition(pod, "PodScheduled") or {}
    if scheduled.get("status") != "False":
        return "", None
    since = scheduled.get("lastTransitionTime") or pod["metadata"].get("creationTimestamp")
    return shortage(scheduled.get("message") or "", pod["spec"]), _time(since)


def _containers(spec: Obj, statuses: Mapping[str, Obj]) -> Iterator[Container]:
    """The containers whose CPU counts: also those that start first and stay (KEP-753)."""
    for each in spec.get("initContainers") or ():
        if each.get("restartPolicy") == "Always":
            yield _container(each, statuses.get(each["name"], {}))
    for each in spec.get("containers") or ():
        yield _container(each, statuses.get(each["name"], {}))


def _container(spec: Obj, status: Obj) -> Container:
    limit = _cpu(status, "limits")
    return Container(
        spec["name"], _actual(status, spec), _cpu(spec, "limits") if limit is None else limit
    )


def _actual(status: Obj, spec: Obj) -> int | None:
    """The request in force: of a resize in place, status tells what was granted (Kubernetes 1.33,
    KEP-1287), spec what is wished for."""
    granted = _cpu(status, "requests")
    return _cpu(spec, "requests") if granted is None else granted


def _cpu(spec: Obj, kind: str) -> int | None:
    cpu = ((spec.get("resources") or {}).get(kind) or {}).get("cpu")
    return None if cpu is None else quantity.milli(str(cpu))


def _time(text: str | None) -> float | None:
    return None if text is None else unix_seconds(text)


def _cost(annotations: Mapping[str, str]) -> int | None:
    text = annotations.get(DELETION_COST, "")
    return int(text) if _INTEGER.fullmatch(text) else None


def replica_sets(objects: Iterable[Obj]) -> dict[str, list[str]]:
    """uids of ReplicaSets, by the uid of the Deployment that controls them."""
    owned: dict[str, list[str]] = {}
    for obj in objects:
        owned.setdefault(controller_uid(obj), []).append(obj["metadata"]["uid"])
    return owned


def rivals(hpas: Iterable[Obj]) -> dict[tuple[str, str], str]:
    """Names of HorizontalPodAutoscalers, by namespace and name of the Deployment each targets."""
    targets = ((obj["spec"]["scaleTargetRef"], obj["metadata"]) for obj in hpas)
    return {
        (metadata["namespace"], ref["name"]): metadata["name"]
        for ref, metadata in targets
        if ref["kind"] == "Deployment"
    }


def capacities(nodes: Iterable[Obj]) -> dict[str, int]:
    """milliCPU of each node that says how much it has."""
    stated = ((n["metadata"]["name"], (n.get("status") or {}).get("capacity") or {}) for n in nodes)
    return {name: quantity.milli(str(each["cpu"])) for name, each in stated if "cpu" in each}


def observe(
    service: str,
    deployment: Obj,
    facts: Sequence[PodFacts],
    samples: Mapping[str, Sample],
    load: Load | None = None,
    metrics_error: str = "",
    in_flight: Mapping[str, int] = _NONE,
    otherwise: int | None = None,
) -> Observation:
    """The observation of one service from its Deployment, its pods and their believed samples.

    `in_flight` are the requests that gateways have with pods, by the pod's name; `otherwise` those
    with each other pod, None where that is not known.
    """
    return Observation(
        service=service,
        spec_replicas=wanted_replicas(deployment),
        status_replicas=(deployment.get("status") or {}).get("replicas", 0),
        pods=tuple([each.pod for each in facts]),
        samples=samples,
        load=load,
        metrics_error=metrics_error,
        in_flight=in_flight,
        in_flight_else=otherwise,
    )
