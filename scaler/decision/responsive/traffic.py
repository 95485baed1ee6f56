"""What the gateways' counters tell of a service's requests (policy `responsive`). Pure.

Counters come at once and CPU comes late. What was counted is kept for as long as a sample of CPU
may be old, so that each sample can be set against the requests of its own time.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from scaler.decision.responsive.drift import Drift, learnt
from scaler.decision.responsive.fit import Fit, fit_of
from scaler.decision.responsive.price import Price
from shared.service.values import changed, value, variable

if TYPE_CHECKING:
    from scaler.decision.types import Load

_KEPT_S = 90.0  # as old as a sample of CPU may be,
_POINTS = 64  # and so many answers at most
_LONG_S = 30.0  # requests that take longer use CPU long after they have come
_ASTRAY = 1.5  # times what requests take is much more
_BEYOND = 2.0  # pods busy for so many requests in flight each,
_APART = 0.2  # and so many more, work on something else

_time = attrgetter("time")


@value
class Count:
    """The counters at a time: requests that have come, how long they were in flight in all, and how
    many of them are not over."""

    time: float
    arrivals: float
    request_seconds: float
    open: int = 0


@variable
class Traffic:
    """What is known of the requests of one service; `sampled` is the end of the last sample learnt
    from, which began at `begun` and in which `came` requests a second (None: not known).

    `quiet_since` is since when there was no request at all, `waiting_since` since when some have
    waited, `beyond_since` since when pods have used more CPU than the requests in flight can.
    """

    counts: tuple[Count, ...] = ()
    fit: Fit = field(default_factory=Fit)
    price: Price = Price()
    drift: Drift = field(default_factory=Drift)
    sampled: float = 0.0
    begun: float = 0.0
    came: float | None = None
    quiet_since: float | None = None
    waiting_since: float | None = None
    beyond_since: float | None = None
    astray: bool = False

    def heard(self, load: Load | None) -> Traffic:
        """What is known after one more answer of the gateways."""
        if load is None or load.arrivals is None or load.request_seconds is None:
            known = self.counts or self.quiet_since is not None
            blank: dict[str, Any] = {"counts": (), "quiet_since": None, "waiting_since": None}
            return changed(self, **blank) if known else self
        still = load.in_flight + load.waiting
        count = Count(load.time, load.arrivals, load.request_seconds, still)
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
            waiting_since=(self.waiting_since or load.time) if load.waiting else None,
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
        follow what comes, only what ends.

        A pod works for requests only while one is in flight, so that what more pods were busy with
        is no work of theirs.
        """
        if end <= self.sampled:
            return self
        spans = self._between(begin, end)
        if spans is None:
            return changed(self, sampled=end, begun=begin, came=None, astray=False)
        came, busy_with, ended = [each / (end - begin) for each in spans]
        new = min(1.0, (end - self.sampled) / (end - begin))
        beyond = busy is not None and busy > _BEYOND * busy_with + _APART
        return changed(
            self._priced(came, ended, used_m, new, capped),
            sampled=end,
            begun=begin,
            came=came,
            beyond_since=(self.beyond_since or end) if beyond else None,
            astray=used_m > _ASTRAY * self.told.used_m(max(came, ended)),
        )

    def _priced(self, came: float, ended: float, used_m: int, new: float, capped: bool) -> Traffic:
        """After one more sample, what requests cost; if that has changed, by the samples since."""
        drift = self.drift.learn(self.fit, came, ended, used_m, new, capped=capped)
        if drift.certain:
            return changed(self, fit=drift.fit, price=drift.price, drift=Drift())
        fit, price = learnt(self.fit, self.price, came, ended, used_m, capped=capped)
        return changed(self, fit=fit, price=price, drift=drift)

    def rate(self, begin: float, end: float) -> float | None:
        """Arrivals a second between two times; None: they are not known for all of it."""
        if end == self.sampled and begin == self.begun:
            return self.came
        if not self._knows(begin, end):
            return None
        return max(0.0, self._at(end)[0] - self._at(begin)[0]) / (end - begin)

    @property
    def tells_cpu(self) -> bool:
        """Whether what comes tells how much CPU is used soon."""
        return (self.fit.believed or self._rough) and not self.lasting

    @property
    def dearer(self) -> bool:
        """Whether the requests that come are likely to take more than is known of them."""
        return self.drift.dearer and self.quiet_since is None

    @property
    def told(self) -> Fit:
        """What tells the CPU of requests: until the fit is known, their price."""
        return Fit(cost_m=self.price.careful_m) if self._rough else self.fit

    @property
    def _rough(self) -> bool:
        """Whether no more than a price is known, as long as pods are at their limit."""
        fit = self.fit
        return fit.explained is None and not fit.believed and self.price.ended > 0

    @property
    def lasting(self) -> bool:
        """Whether requests take so long that their CPU comes long after them."""
        residence = self.residence_s
        return residence is not None and residence > _LONG_S

    def lately(self, seconds: float) -> float | None:
        """Arrivals a second in the last `seconds`, or in as many as are known."""
        if len(self.counts) < 2:
            return None
        last = self.counts[-1]
        begin = max(last.time - seconds, self.counts[0].time)
        return max(0.0, last.arrivals - self._at(begin)[0]) / (last.time - begin)

    @property
    def residence_s(self) -> float | None:
        """How long a request is in flight in the mean (Little's law); None: not known."""
        if len(self.counts) < 2:
            return None
        first, last = self.counts[0], self.counts[-1]
        came = last.arrivals - first.arrivals
        return (last.request_seconds - first.request_seconds) / came if came else None

    def _knows(self, begin: float, end: float) -> bool:
        return bool(self.counts) and self.counts[0].time <= begin < end

    def _between(self, begin: float, end: float) -> tuple[float, float, float] | None:
        """Requests that came between two times, the seconds for which some were in flight, added
        up, and requests that ended; None: not known for all of it."""
        if not self._knows(begin, end):
            return None
        first, last = self._at(begin), self._at(end)
        came = max(0.0, last[0] - first[0])
        return came, max(0.0, last[1] - first[1]), max(0.0, came - last[2] + first[2])

    def _at(self, time: float) -> tuple[float, float, float]:
        """All counters, straight between two answers."""
        counts = self.counts
        at = bisect_right(counts, time, key=_time)
        early, late = counts[max(0, at - 1)], counts[min(at, len(counts) - 1)]
        gap = late.time - early.time
        share = (time - early.time) / gap if gap > 0 else 0.0
        return (
            early.arrivals + share * (late.arrivals - early.arrivals),
            early.request_seconds + share * (late.request_seconds - early.request_seconds),
            early.open + share * (late.open - early.open),
        )

    def to_json(self) -> dict[str, Any]:
        """What a successor can go on from: counters begin anew with their reader."""
        price = [self.price.used_m, self.price.ended]
        return {"fit": list(self.fit.sums), "price": price, "sampled": self.sampled}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Traffic:
        """What `to_json` gave."""
        w, x, y, xx, xy, yy = map(float, data.get("fit") or (0.0,) * 6)
        used_m, ended = map(float, data.get("price") or (0.0, 0.0))
        return Traffic(
            fit=fit_of((w, x, y, xx, xy, yy)),
            price=Price(used_m, ended),
            sampled=float(data.get("sampled", 0.0)),
        )
