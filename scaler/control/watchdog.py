"""Tells whether the loop still ticks, and if not, what it has been doing since when.

The loop reports to it, the admin port asks it. It knows of the loop only how often that ticks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scaler.control.timing import FETCH_TIMEOUT, TICK
from shared.kube.times import micro_time

if TYPE_CHECKING:
    from shared.runtime.clock import Clock

ALLOWANCE: Final = 3 * (TICK + FETCH_TIMEOUT)
"""Seconds between the ends of two ticks: a tick waits FETCH_TIMEOUT at most for first answers and
TICK for its turn, and the factor leaves room for the decisions of a process that is short of CPU. A
follower ticks too. Longer than that, something waits for what never comes."""


class Watchdog:
    """Told by the loop what it does; asked by the admin port whether it goes on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ticked: float | None = None
        self._doing = ""
        self._since = 0.0

    def doing(self, what: str) -> None:
        """The loop begins with `what`; the first time, it begins at all."""
        if self._ticked is None:
            self._ticked = self._clock.monotonic()
        self._doing, self._since = what, self._clock.now()

    def ticked(self) -> None:
        """A tick has ended."""
        self.doing("waiting for the next tick")
        self._ticked = self._clock.monotonic()

    def stopped(self) -> str:
        """What hangs and since when; empty while the loop ticks or has not begun.

        Before it begins, the caches are filled, and `/readyz` tells of that.
        """
        silent = 0.0 if self._ticked is None else self._clock.monotonic() - self._ticked
        if silent <= ALLOWANCE:
            return ""
        return (
            f"the loop hangs: no tick has ended for {silent:.0f} s ({ALLOWANCE:g} s are allowed), "
            f"and since {micro_time(self._since)} it is {self._doing}"
        )
