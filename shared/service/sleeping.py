"""Whether a Deployment has no replicas because nobody asks, and whether somebody does again. Pure.

The scaler puts a service to sleep and wakes it; the services API tells of it, and asks to wake it
by an annotation.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.service import names
from shared.service.objects import annotations_of, wanted_replicas
from shared.service.stored import is_stopped

if TYPE_CHECKING:
    from shared.service.objects import Obj


def asleep_since(deployment: Obj) -> str:
    """When the scaler put it to sleep, RFC 3339; empty if it does not sleep: it has pods, or
    somebody stopped it."""
    if wanted_replicas(deployment) or is_stopped(deployment):
        return ""
    return annotations_of(deployment).get(names.ASLEEP_SINCE, "")


def woken_at(deployment: Obj) -> float | None:
    """When somebody last asked to wake it, seconds since the epoch; None if nobody did."""
    return _seconds(annotations_of(deployment).get(names.WAKE, ""))


def is_woken(deployment: Obj) -> bool:
    """Whether it still sleeps and somebody asked to wake it since it does."""
    since, asked = asleep_since(deployment), woken_at(deployment)
    return bool(since) and asked is not None and asked >= (_seconds(since) or 0.0)


def _seconds(text: str) -> float | None:
    """RFC 3339 as seconds since the epoch; None for what is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
