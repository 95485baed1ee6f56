"""Long work in slices, between which the event loop has turns for whatever else is due."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.runtime.clock import Clock

PIECES: Final = 100
"""Pieces of work in a slice at most."""
SECONDS: Final = 0.002
"""A slice ends with the piece that reaches it: requests that come meanwhile wait so long."""


class Turns:
    """`spent` after each piece of work, and `await rest()` when it says so."""

    def __init__(self, clock: Clock, pieces: int = PIECES, seconds: float = SECONDS) -> None:
        self._clock = clock
        self._pieces = pieces
        self._seconds = seconds
        self._begin()

    def _begin(self) -> None:
        self._left = self._pieces
        self._until = self._clock.monotonic() + self._seconds

    def spent(self) -> bool:
        """Count a piece of work; whether the slice is over."""
        self._left -= 1
        return self._left <= 0 or self._clock.monotonic() >= self._until

    async def rest(self) -> None:
        """Let all others have a turn, and begin the next slice."""
        await asyncio.sleep(0)
        self._begin()
