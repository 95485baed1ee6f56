"""How many requests a second may come when a pod asked for now would serve (policy `responsive`).

Requests come in bursts at many time scales, so no one average tells what is to come. What came in
the last quarter of a minute, minute, and so on up to the last hour is kept as so many
distributions; each foretells the next start-up ahead, and counts by how well it foretold of late
(exponentially weighted forecasters with forgetting; Cesa-Bianchi & Lugosi 2006, chapters 2 and 5).
Pure.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from math import ceil, comb, exp, log, sqrt
from typing import TYPE_CHECKING, Any, Final

from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPANS: Final = (15.0, 60.0, 240.0, 960.0, 3600.0)
"""Seconds after which what came counts for 1/e, by distribution."""
_EXACT: Final = 16  # rates up to this one have a bin each,
_RATIO: Final = 1.1  # and the next bins are so much wider than those before
BINS: Final = 128
_FORGET: Final = 0.001  # share of a verdict that is gone after a second
_TEMPER: Final = 0.2  # a second's verdict counts for so much: seconds are not independent
_RARE: Final = 0.01
_COUNTS: Final = 0.002  # of what the best counts; less is left out
_UNSEEN: Final = 0.02  # mass of what a distribution has never seen, over all bins
_SNAPSHOTS: Final = 4  # forecasts that wait for what comes
_WHOLE: Final = 40  # so many requests and fewer are spread over the seconds exactly
_LONGEST_S: Final = 15.0  # counts further apart tell nothing of single seconds

Weights = tuple[float, ...]


def bin_of(rate: float) -> int:
    """The bin of so many requests a second."""
    if rate <= _EXACT:
        return ceil(rate - 1e-9)
    return min(BINS - 1, _EXACT + ceil(log(rate / _EXACT) / log(_RATIO) - 1e-9))


MOST: Final = tuple(
    float(number) if number <= _EXACT else _EXACT * _RATIO ** (number - _EXACT)
    for number in range(BINS)
)
"""The most requests a second that fall into each bin."""


@lru_cache(maxsize=4096)
def spread(requests: int, tenths: int) -> tuple[tuple[int, float], ...]:
    """What the single seconds of an interval have had, of which only the sum is known: bins and
    their shares of the time. `tenths` of a second is the length of the interval.

    Each request falls into a second at random (binomial), many of them nearly normally so. What is
    rarer than a hundredth is left out.
    """
    part = min(1.0, 10 / tenths)
    found: dict[int, float] = {}
    for rate, share in _rates(requests, part):
        number = bin_of(rate)
        found[number] = found.get(number, 0.0) + share
    usual = [(number, share) for number, share in found.items() if share >= _RARE]
    whole = sum([share for _, share in usual])
    return tuple([(number, share / whole) for number, share in usual])


def _rates(requests: int, part: float) -> Iterator[tuple[float, float]]:
    if requests <= _WHOLE:
        for rate in range(requests + 1):
            yield rate, comb(requests, rate) * part**rate * (1 - part) ** (requests - rate)
        return
    mean, deviation = requests * part, sqrt(requests * part * (1 - part))
    for step, share in ((-1.4, 0.2), (-0.5, 0.3), (0.5, 0.3), (1.4, 0.2)):
        yield mean + step * deviation, share


@value
class Snapshot:
    """What was foretold at `time`: the distributions as they were then."""

    time: float
    spans: tuple[Weights, ...]


@value
class Forecast:
    """Distributions of requests a second over each of SPANS, all of one length, and how well each
    foretold.

    `age` is for how many seconds they have been fed, `verdicts` are logarithms of weights.
    """

    spans: tuple[Weights, ...] = ()
    verdicts: Weights = (0.0,) * len(SPANS)
    age: float = 0.0
    waiting: tuple[Snapshot, ...] = ()

    def heard(self, requests: float, seconds: float, ahead_s: float, now: float) -> Forecast:
        """The forecast after `requests` came within the last `seconds`; it looks `ahead_s` far."""
        if not 0 < seconds <= _LONGEST_S:
            return self
        points = spread(round(requests), max(10, round(10 * seconds)))
        verdicts, waiting = self._judged(points, seconds, ahead_s, now)
        age = self.age + seconds
        spans = tuple(
            _added(weights, points, max(1 - exp(-seconds / span), seconds / age))
            for span, weights in zip(SPANS, self.spans or ((),) * len(SPANS), strict=True)
        )
        if not waiting or now - waiting[-1].time >= ahead_s / _SNAPSHOTS:
            waiting = (*waiting, Snapshot(now, spans))[-_SNAPSHOTS - 2 :]
        return Forecast(spans, verdicts, age, waiting)

    def _judged(
        self, points: Iterable[tuple[int, float]], seconds: float, ahead_s: float, now: float
    ) -> tuple[Weights, tuple[Snapshot, ...]]:
        """Each distribution by the likelihood it gave, a start-up earlier, to what came."""
        due = [one for one in self.waiting if now - one.time >= ahead_s]
        if not due:
            return self.verdicts, self.waiting
        kept, gain = 1 - _FORGET * seconds, _TEMPER * seconds
        verdicts = [
            kept * verdict + gain * sum([share * log(_chance(weights, at)) for at, share in points])
            for verdict, weights in zip(self.verdicts, due[-1].spans, strict=True)
        ]
        best = max(verdicts)
        return tuple(v - best for v in verdicts), self.waiting[len(due) - 1 :]

    def shortages(self) -> list[float]:
        """For each bin, the share of seconds in which more requests come than it holds."""
        if not self.spans:
            return []
        powers = [exp(verdict) for verdict in self.verdicts]
        counted = [each for each in zip(powers, self.spans, strict=True) if each[0] >= _COUNTS]
        whole = sum([power for power, _ in counted])
        mixed = [0.0] * len(self.spans[0])
        for power, weights in counted:
            share = power / whole
            mixed = [other + share * weight for other, weight in zip(mixed, weights, strict=True)]
        return [1.0 - below for below in accumulate(mixed)]

    def to_json(self) -> dict[str, Any]:
        """What a successor can go on from, rounded."""
        return {
            "spans": [[round(weight, 4) for weight in weights] for weights in self.spans],
            "verdicts": [round(verdict, 3) for verdict in self.verdicts],
            "age": round(self.age),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Forecast:
        """What `to_json` gave; nothing where it was written for other spans."""
        spans = tuple(tuple(map(float, weights)) for weights in data.get("spans") or ())
        verdicts = tuple(map(float, data.get("verdicts") or ()))
        if len(spans) != len(SPANS) or len(verdicts) != len(SPANS):
            return Forecast()
        return replace(Forecast(), spans=spans, verdicts=verdicts, age=float(data.get("age", 0.0)))


def _added(weights: Weights, points: Iterable[tuple[int, float]], gain: float) -> Weights:
    kept = 1 - gain
    found = [kept * weight for weight in weights]
    for at, share in points:
        if at >= len(found):
            found += [0.0] * (at + 1 - len(found))
        found[at] += gain * share
    return tuple(found)


def _chance(weights: Weights, at: int) -> float:
    seen = weights[at] if at < len(weights) else 0.0
    return (seen + _UNSEEN / BINS) / (1 + _UNSEEN)
