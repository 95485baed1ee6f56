"""Back-pressure: one end is not read from while the other does not take what was read.

Called by the exchange and by the tunnel. Pure.
"""

from __future__ import annotations

from typing import Protocol


class Readable(Protocol):
    """One end of an exchange or of a tunnel."""

    def pause_reading(self) -> None:
        """The other end does not keep up."""

    def resume_reading(self) -> None:
        """The other end keeps up again."""


def throttle(end: Readable, *, stalled: bool) -> None:
    """Read from `end` only while the other end is not `stalled`."""
    if stalled:
        end.pause_reading()
    else:
        end.resume_reading()
