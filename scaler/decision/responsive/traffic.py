"""What the gateways' counters tell of a service's requests (policy `responsive`). Pure.

Counters come at once and CPU comes late. What was counted is kept for as long as a sample of CPU
may be old, so that each sample can be set against the requests of its own time.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from scaler.decision.responsive.fit import Fit
from shared.service.values import changed, value, variable

if TYPE_CHECKING:
    from scaler.decision.types import Load

_KEPT_S = 90.0  # as old as a sample of CPU may be,
_POINTS = 64  # and so many answers at most
_LONG_S = 30.0  # requests that take longer use CPU long after they have come
_BEYOND = 2.0  # pods busy for so many requests in flight each,
_APART = 0.2  # and so many more, work on something else


@value
class Count:
    """The counters at a time: requests that have come, and how long they were in flight in all."""

    time: float
    arrivals: float
    request_seconds: float


@variable
class Traffic:
    """What is known of the requests of one service; `sampled` is the last sample learnt from.

    `quiet_since` is since when there was no request at all, `beyond_since` since when pods have
    used more CPU than the requests in flight can.
    """

    counts: tuple[Count, ...] = ()
    fit: Fit = field(default_factory=Fit)
    sampled: float = 0.0
    quiet_since: float | None = None
    beyond_since: float | None = None

    def heard(self, load: Load | None) -> Traffic:
        """What is known after one more answer of the gateways."""
        if load is None or load.arrivals is None or load.request_seconds is None:
            known = self.counts or self.quiet_since is not None
            return changed(self, counts=(), quiet_since=None) if known else self
        count = Count(load.time, load.arrivals, load.request_seconds)
        last = self.counts[-1] if self.counts else None
        if last and count.time == last.time:
            return self  # nothing was heard since
        if last and (count.time < last.time or count.arrivals < last.arrivals):
            last = None
        busy = load.in_flight or load.waiting or not load.whole
        idle = last is not None and not busy and count.arrivals == last.arrivals
        return changed(
            self,
            counts=(*self._kept(load.time - _KEPT_S), count) if last else (count,),
            quiet_since=(self.quiet_since or load.time) if idle else None,
        )

    def _kept(self, since: float) -> tuple[Count, ...]:
        counts, first = self.counts, max(0, len(self.counts) + 1 - _POINTS)
        while first < len(counts) and counts[first].time < since:
            first += 1
        return counts[first:]

    def measured(
        self, used_m: int, busy: float | None, begin: float, end: float, *, capped: bool
    ) -> Traffic:
        """What is known after a new sample: `used_m` milliCPU from `begin` to `end`, as much as
        `busy` whole pods can do; None: nothing limits them. CPU that is `capped` by limits does not
        tell what requests cost.

        A pod works for requests only while one is in flight, so that what more pods were busy with
        is no work of theirs.
        """
        if end <= self.sampled:
            return self
        spans = self._between(begin, end)
        if spans is None:
            return changed(self, sampled=end)
        beyond = busy is not None and busy > _BEYOND * spans[1] / (end - begin) + _APART
        return changed(
            self,
            fit=self.fit if capped else self.fit.learn(spans[0] / (end - begin), used_m),
            sampled=end,
            beyond_since=(self.beyond_since or end) if beyond else None,
        )

    def rate(self, begin: float, end: float) -> float | None:
        """Arrivals a second between two times; None: they are not known for all of it."""
        spans = self._between(begin, end)
        return None if spans is None else spans[0] / (end - begin)

    @property
    def tells_cpu(self) -> bool:
        """Whether what comes tells how much CPU is used soon."""
        residence = self.residence_s
        return self.fit.believed and (residence is None or residence <= _LONG_S)

    def lately(self, seconds: float) -> float | None:
        """Arrivals a second in the last `seconds`, or in as many as are known."""
        if len(self.counts) < 2:
            return None
        last = self.counts[-1].time
        return self.rate(max(last - seconds, self.counts[0].time), last)

    @property
    def residence_s(self) -> float | None:
        """How long a request is in flight in the mean (Little's law); None: not known."""
        if len(self.counts) < 2:
            return None
        first, last = self.counts[0], self.counts[-1]
        came = last.arrivals - first.arrivals
        return (last.request_seconds - first.request_seconds) / came if came else None

    def _between(self, begin: float, end: float) -> tuple[float, float] | None:
        """Requests that came between two times, and the seconds for which some were in flight,
        added up; None: not known for all of it."""
        if not self.counts or self.counts[0].time > begin or end <= begin:
            return None
        first, last = self._at(begin), self._at(end)
        return max(0.0, last[0] - first[0]), max(0.0, last[1] - first[1])

    def _at(self, time: float) -> tuple[float, float]:
        """Both counters, straight between two answers."""
        before = after = self.counts[-1]
        for after in reversed(self.counts):
            if after.time <= time:
                break
            before = after
        gap = before.time - after.time
        share = min(1.0, max(0.0, (time - after.time) / gap)) if gap > 0 else 0.0
        return (
            after.arrivals + share * (before.arrivals - after.arrivals),
            after.request_seconds + share * (before.request_seconds - after.request_seconds),
        )

    def to_json(self) -> dict[str, Any]:
        """What a successor can go on from: counters begin anew with their reader."""
        return {"fit": list(self.fit.sums), "sampled": self.sampled}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Traffic:
        """What `to_json` gave."""
        w, x, y, xx, xy, yy = map(float, data.get("fit") or (0.0,) * 6)
        return Traffic(fit=Fit((w, x, y, xx, xy, yy)), sampled=float(data.get("sampled", 0.0)))
