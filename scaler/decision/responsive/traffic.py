"""What the gateways' counters tell of a service's requests, and what a request costs. Pure.

Counters come at once and CPU comes late, so the CPU that is used now is the CPU last measured, and
what the requests since then add to it or take from it. What one adds is learnt as the slope of CPU
over arrivals (least squares with exponential forgetting, and no slope without a spread of the
arrivals), and is believed as far as arrivals explain the CPU: the fit is the square of the
correlation. Where they do not, CPU alone is left.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scaler.decision.types import Load

_KEPT_S = 90.0  # as old as a sample of CPU may be,
_POINTS = 64  # and so many answers at most
_FORGET = 0.98  # weight of a sample of CPU after the next one: some fifty count
_ENOUGH = 4.0  # from so much weight on a fit is believed
_BELIEVED = 0.3  # arrivals that explain less of the CPU tell nothing of it
_MANY = 0.3  # requests a second
_LONG_S = 30.0  # requests that take longer use CPU long after they have come
_RIDGE = 0.02  # without a spread well above its root, CPU is taken to be in proportion to arrivals
_SPREAD = 0.1  # arrivals must vary by so much of their mean to explain anything


@dataclass(frozen=True, slots=True)
class Count:
    """The counters at a time: requests that have come, and how long they were in flight in all."""

    time: float
    arrivals: float
    request_seconds: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Weighted sums of arrivals a second `x` and milliCPU `y`, one pair a sample of CPU."""

    weight: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    def learn(self, x: float, y: float) -> Fit:
        """The fit after one more pair."""
        added = (1.0, x, y, x * x, x * y, y * y)
        return Fit(*[_FORGET * old + new for old, new in zip(astuple(self), added, strict=True)])

    @property
    def spread(self) -> float:
        """Standard deviation of the arrivals over their mean."""
        return float((self._variance(self.x, self.xx) ** 0.5) / self._mean(self.x)) if self.x else 0

    @property
    def explained(self) -> float | None:
        """Share of the changes of CPU that arrivals explain; None: not known yet."""
        if self.weight < _ENOUGH or self.spread < _SPREAD:
            return None
        x, y = self._variance(self.x, self.xx), self._variance(self.y, self.yy)
        if y <= 0:
            return None
        return float(min(1.0, max(0.0, self._covariance) ** 2 / (x * y)))

    @property
    def believed(self) -> bool:
        """Whether arrivals tell the CPU, as far as is known: until they have varied enough to show
        it, that there are many and nothing speaks against it."""
        if self.explained is None:
            return self.weight >= _ENOUGH and self._mean(self.x) >= _MANY
        return self.explained >= _BELIEVED

    @property
    def cost_m(self) -> float:
        """MilliCPU-seconds that one more request takes; 0: not known.

        The slope (ridge regression), which a spread of arrivals alone shows; without one, the ratio.
        """
        if self.weight < _ENOUGH or not self.x:
            return 0.0
        mean = self._mean(self.x)
        prior = _RIDGE * mean**2
        ratio = self._mean(self.y) / mean
        slope = (self._covariance + prior * ratio) / (self._variance(self.x, self.xx) + prior)
        return max(0.0, slope)

    @property
    def rest_m(self) -> float:
        """MilliCPU that is used without any request: the intercept."""
        return max(0.0, self._mean(self.y) - self.cost_m * self._mean(self.x))

    @property
    def scatter_m(self) -> float:
        """Standard deviation of what the requests leave unexplained, in milliCPU."""
        return float((self._variance(self.y, self.yy) * (1 - (self.explained or 0.0))) ** 0.5)

    @property
    def _covariance(self) -> float:
        return self._mean(self.xy) - self._mean(self.x) * self._mean(self.y)

    def _mean(self, total: float) -> float:
        return total / self.weight if self.weight else 0.0

    def _variance(self, total: float, squares: float) -> float:
        return max(0.0, self._mean(squares) - self._mean(total) ** 2)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is known of the requests of one service; `sampled` is the last sample learnt from,
    `quiet_since` since when there was no request at all."""

    counts: tuple[Count, ...] = ()
    fit: Fit = field(default_factory=Fit)
    sampled: float = 0.0
    quiet_since: float | None = None

    def heard(self, load: Load | None) -> Traffic:
        """What is known after one more answer of the gateways."""
        if load is None or load.arrivals is None or load.request_seconds is None:
            known = self.counts or self.quiet_since is not None
            return replace(self, counts=(), quiet_since=None) if known else self
        count = Count(load.time, load.arrivals, load.request_seconds)
        last = self.counts[-1] if self.counts else None
        if last and count.time == last.time:
            return self  # nothing was heard since
        if last and (count.time < last.time or count.arrivals < last.arrivals):
            last = None
        kept = [c for c in self.counts if c.time >= load.time - _KEPT_S] if last else []
        counts = (*kept[1 - _POINTS :], count)
        busy = load.in_flight or load.waiting or not load.whole
        if busy or last is None or count.arrivals > last.arrivals:
            return replace(self, counts=counts, quiet_since=None)
        return replace(self, counts=counts, quiet_since=self.quiet_since or load.time)

    def measured(self, used_m: int, begin: float, end: float) -> Traffic:
        """What is known after a new sample: `used_m` milliCPU from `begin` to `end`."""
        if end <= self.sampled:
            return self
        rate = self.rate(begin, end)
        fit = self.fit if rate is None else self.fit.learn(rate, used_m)
        return replace(self, fit=fit, sampled=end)

    def rate(self, begin: float, end: float) -> float | None:
        """Arrivals a second between two times; None: they are not known for all of it."""
        if not self.counts or self.counts[0].time > begin or end <= begin:
            return None
        return max(0.0, self._arrivals(end) - self._arrivals(begin)) / (end - begin)

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

    def _arrivals(self, at: float) -> float:
        before = after = self.counts[-1]
        for after in reversed(self.counts):
            if after.time <= at:
                break
            before = after
        gap = before.time - after.time
        share = min(1.0, max(0.0, (at - after.time) / gap)) if gap > 0 else 0.0
        return after.arrivals + share * (before.arrivals - after.arrivals)

    def to_json(self) -> dict[str, Any]:
        """What a successor can go on from: counters begin anew with their reader."""
        return {"fit": list(astuple(self.fit)), "sampled": self.sampled}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Traffic:
        """What `to_json` gave."""
        return Traffic(
            fit=Fit(*map(float, data.get("fit") or ())), sampled=float(data.get("sampled", 0.0))
        )
