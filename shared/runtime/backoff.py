"""Exponential back-off: how long to wait after a failure that has happened before. Pure.

Whoever repeats something states its own numbers and counts its own failures.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays in seconds: `first`, then `factor` times more each, at most `longest`."""

    first: float
    longest: float
    factor: float = 2.0
    jitter: float = 0.0
    """The share of a delay that chance may take off, so that many clients do not come at once."""

    def delay(self, failures: int, chance: float = 1.0) -> float:
        """Seconds to wait after `failures` in a row, none after 0; `chance` lies in [0, 1)."""
        if failures <= 0:
            return 0.0
        grown = self.first * self.factor ** min(failures - 1, 100)  # more would overflow a float
        return min(grown, self.longest) * (1 - self.jitter * (1 - chance))
