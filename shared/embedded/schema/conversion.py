"""Kinds that show one stored object in two forms: Events of two groups, HPAs of two versions. Pure.

The form in which the objects are kept is that of the *hub*, as Kubernetes calls it; `declarations`
says which kind has which of these conversions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.embedded import kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

_EVENT_NAMES: Final = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
"""events.k8s.io/v1 → v1; all other fields have the same names."""

_CORE_NAMES: Final = {core: new for new, core in _EVENT_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Conversion:
    """Both ways between the form of a kind and that of its hub; each gives a new object."""

    to_stored: Callable[[Obj], Obj]
    from_stored: Callable[[Obj], Obj]


def _event_to_core(obj: Obj) -> Obj:
    return {**_renamed(obj, _EVENT_NAMES), **_head(kinds.EVENT)}


def _event_from_core(obj: Obj) -> Obj:
    renamed = _without(_renamed(obj, _CORE_NAMES), "kind", "apiVersion")
    return {**_head(kinds.EVENT_V1), **renamed}


def _renamed(obj: Obj, names: dict[str, str]) -> Obj:
    return {names.get(key, key): value for key, value in obj.items()}


def _head(kind: Kind) -> Obj:
    return {"kind": kind.kind, "apiVersion": kind.api_version}


def _without(obj: Obj, *names: str) -> Obj:
    return {key: value for key, value in obj.items() if key not in names}


def _to_v2(obj: Obj) -> Obj:
    """The CPU target becomes a metric."""
    spec = obj.get("spec", {})
    target = spec.get("targetCPUUtilizationPercentage")
    metrics = {} if target is None else {"metrics": [_cpu(target)]}
    stated = _without(spec, "targetCPUUtilizationPercentage")
    return {**obj, **_head(kinds.HPA), "spec": {**stated, **metrics}}


def _to_v1(obj: Obj) -> Obj:
    """The CPU metric becomes the target; v1 cannot tell of others."""
    spec = obj["spec"]
    targets = [_cpu_target(metric) for metric in spec.get("metrics", [])]
    target = next((each for each in targets if each is not None), None)
    shown = _without(spec, "metrics", "behavior")
    if target is not None:
        shown["targetCPUUtilizationPercentage"] = target
    status = _without(obj.get("status", {}), "currentMetrics", "conditions")
    status.setdefault("currentReplicas", 0)
    return {**obj, **_head(kinds.HPA_V1), "spec": shown, "status": status}


def _cpu(target: int) -> Obj:
    wanted = {"type": "Utilization", "averageUtilization": target}
    return {"type": "Resource", "resource": {"name": "cpu", "target": wanted}}


def _cpu_target(metric: Obj) -> int | None:
    resource = metric.get("resource", {})
    target: int | None = resource.get("target", {}).get("averageUtilization")
    return target if resource.get("name") == "cpu" else None


AS_STORED: Final = Conversion(lambda obj: obj, lambda obj: obj)
"""Of a kind that is its own hub: the same object, not a copy."""

EVENT_V1: Final = Conversion(_event_to_core, _event_from_core)
AUTOSCALER_V1: Final = Conversion(_to_v2, _to_v1)
