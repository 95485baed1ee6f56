"""Kinds that show one stored object in two forms: Events of two groups, HPAs of two versions.

`to_stored` turns an object of a kind into the form of its hub (see kinds.HUBS), `from_stored` back;
both return a new object, or the given one when the kind is the hub itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded import kinds

if TYPE_CHECKING:
    from shared.embedded.kinds import Kind, Obj

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


def to_stored(kind: Kind, obj: Obj) -> Obj:
    if kind is kinds.EVENT_V1:
        return {**_renamed(obj, _EVENT_NAMES), **_head(kinds.EVENT)}
    if kind is kinds.HPA_V1:
        return _to_v2(obj)
    return obj


def from_stored(kind: Kind, obj: Obj) -> Obj:
    if kind is kinds.EVENT_V1:
        return {**_head(kind), **_without(_renamed(obj, _CORE_NAMES), "kind", "apiVersion")}
    if kind is kinds.HPA_V1:
        return _to_v1(obj)
    return obj


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
