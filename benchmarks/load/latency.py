"""How long requests take at a share of what an arm can do, counted from the time they were due.

A closed loop asks less when answers are late, and so does not see how late they are (coordinated
omission); here requests become due at random times at a rate that nobody slows down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.load.arms import Arm, Bench
from benchmarks.load.measure import paced
from benchmarks.load.rows import NAMED

SHARES: Final = (0.3, 0.6, 0.8)
ROW: Final = NAMED["get"]


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds below which so many of the latencies are, at `share` of `capacity`."""

    arm: str
    share: float
    capacity: float
    """Requests a second, in a closed loop."""
    percentiles: dict[str, float]
    """By the names in `generator.PERCENTILES`."""
    failures: int = 0


async def latency(bench: Bench, arm: Arm, share: float, capacity: float, seconds: float) -> Latency:
    """Measure at that share of the arm's own capacity."""
    done = await paced(bench, arm, ROW, seconds, share * capacity)
    return Latency(arm.name, share, capacity, done.latency, done.failures + done.unanswered)
