"""How many lines the log has for those who are not known: a few, and then a few a second. Pure."""

from __future__ import annotations

from typing import Final

AT_ONCE: Final = 50
A_SECOND: Final = 1.0


class Budget:
    """A token bucket that counts what it refuses."""

    def __init__(self) -> None:
        self._left = float(AT_ONCE)
        self._now = 0.0
        self._refused = 0

    def spend(self, now: float) -> int | None:
        """None when there is no line left at `now`, in seconds; else how many were refused since
        the last one that was not."""
        self._left = min(float(AT_ONCE), self._left + max(0.0, now - self._now) * A_SECOND)
        self._now = max(now, self._now)
        if self._left < 1.0:
            self._refused += 1
            return None
        self._left -= 1.0
        refused, self._refused = self._refused, 0
        return refused
