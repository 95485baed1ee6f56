"""The columns of Deployments, ReplicaSets, autoscalers and PodDisruptionBudgets. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.tables.column import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    UNSET,
    Column,
    selector,
    spec,
    status,
)

if TYPE_CHECKING:
    from shared.service.objects import Obj


def _template_containers(obj: Obj) -> list[Obj]:
    return (spec(spec(obj).get("template") or {})).get("containers") or []


def _deployment_ready(obj: Obj, _: float) -> str:
    return f"{status(obj).get('readyReplicas', 0)}/{spec(obj).get('replicas', 0)}"


def _target(metric: Obj, current: Obj | None) -> str:
    """One metric of an HPA as `cpu: 20%/80%`; `<unknown>` while nothing was measured."""
    resource = metric.get("resource") or {}
    goal = resource.get("target") or {}
    measured = ((current or {}).get("resource") or {}).get("current") or {}
    if "averageUtilization" in goal:
        now = f"{measured['averageUtilization']}%" if "averageUtilization" in measured else UNKNOWN
        return f"{resource.get('name')}: {now}/{goal['averageUtilization']}%"
    value = goal.get("averageValue") or goal.get("value") or "<auto>"
    return f"{resource.get('name')}: {measured.get('averageValue') or UNKNOWN}/{value}"


def _targets(obj: Obj, _: float) -> str:
    metrics = spec(obj).get("metrics") or []
    current = status(obj).get("currentMetrics") or []
    padded = [*current, *[None] * len(metrics)]
    return ", ".join(_target(*pair) for pair in zip(metrics, padded, strict=False)) or NONE


def _reference(obj: Obj, _: float) -> str:
    target = spec(obj).get("scaleTargetRef") or {}
    return f"{target.get('kind')}/{target.get('name')}"


_CONTAINERS: Final = Column(
    "Containers",
    lambda obj, _: ",".join(container["name"] for container in _template_containers(obj)),
    "Names of each container in the template.",
    wide=True,
)
_IMAGES: Final = Column(
    "Images",
    lambda obj, _: ",".join(container.get("image", "") for container in _template_containers(obj)),
    "Images referenced by each container in the template.",
    wide=True,
)

DEPLOYMENTS: Final = (
    NAME,
    Column("Ready", _deployment_ready, "Number of the pod with ready state"),
    Column(
        "Up-to-date",
        lambda obj, _: status(obj).get("updatedReplicas", 0),
        "Total number of non-terminating pods targeted by this deployment that have the desired "
        "template spec.",
    ),
    Column(
        "Available",
        lambda obj, _: status(obj).get("availableReplicas", 0),
        "Total number of available non-terminating pods (ready for at least minReadySeconds) "
        "targeted by this deployment.",
    ),
    AGE,
    _CONTAINERS,
    _IMAGES,
    Column(
        "Selector",
        lambda obj, _: selector(spec(obj).get("selector")),
        "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the "
        "ones affected by this deployment. It must match the pod template's labels.",
        wide=True,
    ),
)

REPLICASETS: Final = (
    NAME,
    Column("Desired", lambda obj, _: spec(obj).get("replicas", 0), type="integer"),
    Column("Current", lambda obj, _: status(obj).get("replicas", 0), type="integer"),
    Column("Ready", lambda obj, _: status(obj).get("readyReplicas", 0), type="integer"),
    AGE,
    _CONTAINERS,
    _IMAGES,
    Column("Selector", lambda obj, _: selector(spec(obj).get("selector")), wide=True),
)

AUTOSCALERS: Final = (
    NAME,
    Column("Reference", _reference),
    Column("Targets", _targets),
    Column("MinPods", lambda obj, _: str(spec(obj).get("minReplicas", UNSET))),
    Column("MaxPods", lambda obj, _: str(spec(obj).get("maxReplicas", UNSET))),
    Column("Replicas", lambda obj, _: str(status(obj).get("currentReplicas", 0))),
    AGE,
)

DISRUPTION_BUDGETS: Final = (
    NAME,
    Column("Min Available", lambda obj, _: str(spec(obj).get("minAvailable", "N/A"))),
    Column("Max Unavailable", lambda obj, _: str(spec(obj).get("maxUnavailable", "N/A"))),
    Column(
        "Allowed Disruptions",
        lambda obj, _: int(status(obj).get("disruptionsAllowed", 0)),
        type="integer",
    ),
    AGE,
)
