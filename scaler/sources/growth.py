"""Sums of counters over gateways that come, restart and go: they only grow. Pure.

Of each gateway counts what its counters grew by between two of its answers. After a restart they
begin at zero, and what they show is all growth. What passed while nobody heard a gateway for long
is left out: it would look like as many requests in one moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.sources.in_flight import GAP_S

if TYPE_CHECKING:
    from scaler.sources.in_flight import Count


class Growth:
    """Counters of one service at one gateway, as they grew since it is known."""

    __slots__ = ("_heard", "_last", "arrivals", "request_seconds")

    def __init__(self, since: float) -> None:
        """`since` is when its gateways were first asked: younger books are new as a whole."""
        self._heard = since
        self._last: Count | None = None
        self.arrivals = 0.0
        self.request_seconds = 0.0

    def heard(self, count: Count, now: float) -> None:
        """Take in an answer that came at `now`."""
        before = self._before(count, now)
        self._heard, self._last = now, count
        if before is not None:
            arrivals, request_seconds = before
            self.arrivals += max(0.0, (count.arrivals or 0.0) - arrivals)
            self.request_seconds += max(0.0, (count.request_seconds or 0.0) - request_seconds)

    def _before(self, count: Count, now: float) -> tuple[float, float] | None:
        """What the counters were when its gateway was last heard; None: not known."""
        last, gap = self._last, now - self._heard
        if last is not None and gap <= GAP_S and _follows(last, count):
            return last.arrivals or 0.0, last.request_seconds or 0.0
        young = count.seconds <= min(gap, GAP_S)
        return (0.0, 0.0) if young else None


def _follows(last: Count, count: Count) -> bool:
    """Whether both are counts of one process."""
    if (last.arrivals is None) != (count.arrivals is None):
        return False
    return count.seconds >= last.seconds and (count.arrivals or 0.0) >= (last.arrivals or 0.0)
