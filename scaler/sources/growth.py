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
        last, gap = self._last, now - self._heard
        self._heard, self._last = now, count
        arrivals, request_seconds = count.arrivals or 0.0, count.request_seconds or 0.0
        if last is not None and gap <= GAP_S and _follows(last, count):
            arrivals -= last.arrivals or 0.0
            request_seconds -= last.request_seconds or 0.0
        elif count.seconds > min(gap, GAP_S):
            return  # it is not young, and what its counters were is not known
        if arrivals > 0:
            self.arrivals += arrivals
        if request_seconds > 0:
            self.request_seconds += request_seconds


def _follows(last: Count, count: Count) -> bool:
    """Whether both are counts of one process."""
    if (last.arrivals is None) != (count.arrivals is None):
        return False
    return count.seconds >= last.seconds and (count.arrivals or 0.0) >= (last.arrivals or 0.0)
