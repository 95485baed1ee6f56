"""How long to wait before a process that ended is started again. Pure.

For those that supervise processes: the gateway's workers and the local run.
"""

from __future__ import annotations

from typing import Final

from shared.runtime.backoff import Backoff

PAUSES: Final = Backoff(first=0.5, longest=30.0)
STEADY: Final = 5.0
"""Seconds after which an end is no quick one: the process had come up and served, which takes ours
one or two, so that it is started again as soon as after a first failure."""


class Restarts:
    """Quick deaths in a row of one process."""

    def __init__(self) -> None:
        self._failures = 0

    def pause(self, ran: float) -> float:
        """Seconds to wait, now that the process has ended after running for `ran` seconds."""
        self._failures = 1 if ran >= STEADY else self._failures + 1
        return PAUSES.delay(self._failures)
