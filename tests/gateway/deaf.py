"""A call `/wakes` of which nothing is expected."""

from __future__ import annotations

from gateway.admin.wakes import WakesCall
from gateway.services.wakes import Wakes
from shared.service.progress import Progress


def deaf() -> WakesCall:
    """Hears of nothing, and forgets what it is told."""
    return WakesCall(Wakes(lambda: 0.0, lambda: 0.0), _forget)


def _forget(_: Progress) -> None:
    """Nobody asks."""
