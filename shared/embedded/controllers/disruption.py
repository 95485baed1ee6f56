"""Disruption controller: how many pods of a PodDisruptionBudget may be evicted now.

The eviction subresource (`api/eviction`) asks the status that is written here. Source:
https://kubernetes.io/docs/tasks/run-application/configure-pdb/ and Kubernetes
`pkg/controller/disruption`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from shared.embedded.api.eviction import covers
from shared.embedded.controllers.cache import key_of
from shared.embedded.controllers.pods import (
    is_ready,
    is_terminating,
    seconds_of,
)
from shared.embedded.kinds import DEPLOYMENT, POD, POD_DISRUPTION_BUDGET, REPLICA_SET
from shared.embedded.schema.times import timestamp
from shared.service.objects import controller_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Cache, Key
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

MANAGER: Final = "kube-controller-manager"
EVICTED_FOR: Final = 120.0  # seconds that an evicted pod counts as going before it goes


class Disruption:
    """Reconciles one PodDisruptionBudget a call."""

    def __init__(self, api: Api, cache: Cache, clock: Clock) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock

    def keys(self, change: Change) -> Iterator[Key]:
        """The budget of a change, or those of a pod or of what decides over its number."""
        if change.kind is POD_DISRUPTION_BUDGET:
            yield key_of(change.object)
        elif change.kind in (POD, DEPLOYMENT, REPLICA_SET):
            for key, budget in self._cache.all(POD_DISRUPTION_BUDGET).items():
                if change.kind is not POD or covers(budget, change.object):
                    yield from [key] if key[0] == change.object["metadata"]["namespace"] else ()

    def reconcile(self, key: Key) -> float | None:
        """Count anew; seconds until an eviction that came to nothing is forgotten."""
        budget = self._cache.get(POD_DISRUPTION_BUDGET, key)
        if budget is None or is_terminating(budget):
            return None
        pods = self._pods(budget)
        now = self._clock.now()
        going = _going(budget, pods, now)
        new = status(budget, pods, self._wanted(pods), going, now)
        if new != budget.get("status"):
            body = {**budget, "status": new}
            self._api.update(POD_DISRUPTION_BUDGET, body, subresource="status", manager=MANAGER)
        ends = [seconds_of(since) + EVICTED_FOR - now for since in going.values()]
        return max(0.1, min(ends)) if ends else None

    def _pods(self, budget: Obj) -> list[Obj]:
        namespace = budget["metadata"]["namespace"]
        labels = (budget["spec"].get("selector") or {}).get("matchLabels")
        if labels:
            near = self._cache.labelled(POD, namespace, labels)
        else:
            near = self._cache.in_namespace(POD, namespace)
        return [pod for pod in near if covers(budget, pod)]

    def _wanted(self, pods: Sequence[Obj]) -> int:
        """How many pods those that control these want to have."""
        tops: dict[str, int] = {}
        for pod in pods:
            owner = controller_of(pod)
            namespace = pod["metadata"]["namespace"]
            parent = self._cache.get(REPLICA_SET, (namespace, owner["name"])) if owner else None
            above = controller_of(parent) if parent is not None else None
            top = self._cache.get(DEPLOYMENT, (namespace, above["name"])) if above else parent
            if top is not None:
                tops[top["metadata"]["uid"]] = top["spec"]["replicas"]
        return sum(tops.values())


def status(budget: Obj, pods: Sequence[Obj], wanted: int, going: dict[str, str], now: float) -> Obj:
    """The budget's status; wanted: the replicas asked for; going: by name, pods just evicted."""
    expected, desired = _share(budget["spec"], len(pods), wanted)
    healthy = sum(
        is_ready(pod) and not is_terminating(pod) and pod["metadata"]["name"] not in going
        for pod in pods
    )
    allowed = max(0, healthy - desired) if expected > 0 else 0
    generation = budget["metadata"].get("generation", 0)
    return {
        **({"disruptedPods": going} if going else {}),
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "expectedPods": expected,
        "observedGeneration": generation,
        "conditions": [_condition(budget, allowed > 0, generation, now)],
    }


def _share(spec: Obj, present: int, wanted: int) -> tuple[int, int]:
    """(how many pods there should be, how many of them healthy)."""
    if "maxUnavailable" in spec:
        return wanted, max(0, wanted - _scaled(spec["maxUnavailable"], wanted))
    least = spec.get("minAvailable", 1)
    expected = present if isinstance(least, int) else wanted
    return expected, _scaled(least, wanted)


def _scaled(value: int | str, total: int) -> int:
    """A number, or percents of `total`, rounded up."""
    return value if isinstance(value, int) else math.ceil(total * int(value.rstrip("%")) / 100)


def _condition(budget: Obj, allowed: bool, generation: int, now: float) -> Obj:
    value = "True" if allowed else "False"
    present = (budget.get("status") or {}).get("conditions") or ()
    current = next((each for each in present if each["type"] == "DisruptionAllowed"), None)
    since = current["lastTransitionTime"] if current and current["status"] == value else None
    return {
        "type": "DisruptionAllowed",
        "status": value,
        "observedGeneration": generation,
        "lastTransitionTime": since or timestamp(now),
        "reason": "SufficientPods" if allowed else "InsufficientPods",
        "message": "",
    }


def _going(budget: Obj, pods: Sequence[Obj], now: float) -> dict[str, str]:
    """Of the pods that were evicted, those that have not begun to go, and may yet."""
    evicted = (budget.get("status") or {}).get("disruptedPods") or {}
    staying = {pod["metadata"]["name"] for pod in pods if not is_terminating(pod)}
    return {
        name: since
        for name, since in evicted.items()
        if name in staying and seconds_of(since) + EVICTED_FOR > now
    }
