"""The generic cell rate algorithm: how many requests a caller may send, by one number. Pure.

ITU-T I.371, annex A, as virtual scheduling: the number is the theoretical arrival time, at which
all that was let in is paid off at the rate. A request is let in unless that lies further ahead than
a burst may bring it. It is a token bucket that is never filled by anybody: who keeps to the rate is
never refused, and nobody gets more than `burst` and what the rate has brought since. Times are
whole nanoseconds of a clock that all who use the number have in common.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """One request each `interval` nanoseconds on average, and up to `burst` at once."""

    interval: int
    burst: int

    @property
    def window(self) -> int:
        """Nanoseconds after which a whole burst can follow on another."""
        return self.interval * self.burst

    def wait(self, due: int, now: int) -> int:
        """Nanoseconds until a request is let in, 0 for now; `due` is the caller's number."""
        return max(max(due, now) + self.interval - self.window - now, 0)

    def spent(self, due: int, now: int) -> int:
        """The caller's number after one more request that was let in."""
        return max(due, now) + self.interval

    def left(self, due: int, now: int) -> int:
        """Requests that would be let in now, one after the other."""
        return (self.window - max(due - now, 0)) // self.interval


def rate(requests: float, seconds: int, burst: int) -> Rate:
    """So many requests in so many seconds."""
    return Rate(int(seconds * 1e9 / requests), burst)
