"""Whether a Deployment has no replicas because nobody asks, and whether somebody does again. Pure.

The scaler puts a service to sleep and wakes it; the services API tells of it, and asks to wake it
by an annotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.service import names
from shared.service.objects import annotations_of, unix_seconds, wanted_replicas
from shared.service.stored import is_stopped

if TYPE_CHECKING:
    from shared.service.objects import Obj


def asleep_since(deployment: Obj) -> str:
    """When the scaler put it to sleep, RFC 3339; empty if it does not sleep: it has pods, or
    somebody stopped it."""
    if wanted_replicas(deployment) or is_stopped(deployment):
        return ""
    return annotations_of(deployment).get(names.ASLEEP_SINCE, "")


def is_woken(deployment: Obj) -> bool:
    """Whether it still sleeps and somebody asked to wake it since it does."""
    since = asleep_since(deployment)
    asked = wake_asked(deployment)
    return bool(since) and asked > 0.0 and asked >= _seconds(since)


def wake_asked(deployment: Obj) -> float:
    """When somebody last asked for it to be awake, seconds since the epoch; 0 if nobody did."""
    return _seconds(annotations_of(deployment).get(names.WAKE, ""))


def slept_at(deployment: Obj) -> float:
    """When it was put to sleep, seconds since the epoch; 0 if it does not sleep."""
    return _seconds(asleep_since(deployment))


def _seconds(text: str) -> float:
    """RFC 3339 as seconds since the epoch; 0 for what is none."""
    if not text:  # as of every service that is awake
        return 0.0
    try:
        return unix_seconds(text)
    except ValueError:
        return 0.0
