"""How the scaler treats a service at present, and what may keep it from scaling one. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaler.cluster.catalog import Target
    from scaler.config.scaling import Scaling


class Standing(StrEnum):
    """The names are those of the metric's label."""

    ACTIVE = "active"
    DRY_RUN = "dry-run"
    PAUSED = "paused"
    STOPPED = "stopped"
    RIVAL = "rival-autoscaler"
    WAITING = "waiting-for-cache"
    FAILED = "failed"


def obstacle(target: Target, scaling: Scaling) -> tuple[Standing, str] | None:
    """Why a service is left alone; None when it is not."""
    if target.rival:
        return Standing.RIVAL, (
            f"HorizontalPodAutoscaler {target.rival} scales the same Deployment; the scaler "
            "stands aside until it is deleted"
        )
    if target.stopped:
        return Standing.STOPPED, "the service is stopped"
    if scaling.pause:
        return Standing.PAUSED, "scaling is paused by its configuration"
    return None
