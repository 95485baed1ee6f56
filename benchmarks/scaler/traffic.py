"""A load that swings, as samples of CPU and the counters of gateways show it. Pure.

Both follow one wave, so that arrivals explain the CPU and feed-forward is on; the pods that are
there have room for all of it, so that nothing is to be done.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

PERIOD: Final = 20.0
"""Seconds of a swing: many ticks, so that what lies between two counts can be told from them."""
SWING: Final = 0.25
"""Of the mean."""
RATE: Final = 20.0
"""Requests a second and service, in the mean, over all gateways."""
LASTING: Final = 0.5
"""Seconds of a request."""


def level(begin: float, end: float) -> float:
    """The mean of the wave, whose own is 1, between two times."""
    return (_integral(end) - _integral(begin)) / (end - begin)


def counts(
    services: Sequence[tuple[str, Sequence[str]]], began: float, now: float, gateways: int
) -> dict[str, Any]:
    """What one of so many gateways, up since `began`, answers at `/load`; services with pods."""
    arrivals = int(RATE * level(began, now) * (now - began) / gateways) if now > began else 0
    busy = round(RATE * LASTING / gateways)
    return {
        name: {
            "in_flight": busy,
            "waiting": 0,
            "arrivals": arrivals,
            "request_seconds": arrivals * LASTING,
            "seconds": now - began,
            "longest": LASTING,
            "pods": dict.fromkeys(pods, busy // len(pods)),
        }
        for name, pods in services
    }


def _integral(at: float) -> float:
    turn = 2 * math.pi / PERIOD
    return at - SWING / turn * math.cos(turn * at)
