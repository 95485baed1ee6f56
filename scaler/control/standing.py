"""How the scaler treats a service at present, and what may keep it from scaling one. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scaler.cluster.catalog import Target
    from scaler.config.scaling import Scaling

_TAKE_OVER: Final = "exposed adopt {name} --remove-hpa"


class Standing(StrEnum):
    """The names are those of the metric's label."""

    ACTIVE = "active"
    DRY_RUN = "dry-run"
    PAUSED = "paused"
    STOPPED = "stopped"
    RIVAL = "rival-autoscaler"
    ASLEEP = "asleep"
    WAITING = "waiting-for-cache"
    FAILED = "failed"


def obstacle(target: Target, scaling: Scaling) -> tuple[Standing, str] | None:
    """Why a service is left alone; None when it is not."""
    if target.rival:
        remedy = _TAKE_OVER if target.managers else "kubectl delete hpa -n {space} {rival}"
        return Standing.RIVAL, (
            f"HorizontalPodAutoscaler {target.rival} scales the same Deployment; the scaler "
            "stands aside until it is deleted: "
            + remedy.format(name=target.name, space=target.namespace, rival=target.rival)
        )
    if target.stopped:
        return Standing.STOPPED, "the service is stopped"
    if scaling.pause:
        return Standing.PAUSED, "scaling is paused by its configuration"
    return None


def leftover(target: Target) -> str:
    """What is to be told of a Deployment that stands beside the one that is scaled; else empty."""
    if not target.spare:
        return ""
    return (
        f"Deployment {target.spare}, which an OSCAR manager made, runs pods of the same service "
        f"beside {target.deployment['metadata']['name']} and is not scaled; delete it: "
        f"kubectl delete deployment -n {target.namespace} {target.spare}"
    )
