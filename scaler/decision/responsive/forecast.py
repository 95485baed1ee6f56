"""What may come when a pod asked for now would serve: requests a second, or CPU where no gateway
counts them (policy `responsive`).

Requests come in bursts at many time scales, so no one average tells what is to come. What came in
the last quarter of a minute, minute, and so on up to the last hour is kept as so many
distributions; each foretells the next start-up ahead, and counts by how well it foretold of late
(exponentially weighted forecasters with forgetting; Cesa-Bianchi & Lugosi 2006, chapters 2 and 5).
What came lately is taken in together after a few seconds, unless it is more than was foreseen.
Pure.
"""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache, partial
from math import ceil, comb, exp, log, sqrt
from typing import TYPE_CHECKING, Any, Final

from scaler.decision.responsive.decaying import Shares
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
TOGETHER_S: Final = 6.0  # so many seconds are taken in together,
_SURPRISE: Final = 0.1  # unless more comes than in all but so much of the time,
_MOSTLY: Final = 0.5  # in so much of the interval
_NEGLIGIBLE: Final = 1e-3  # of the time; bins that hold no more are told with the next

Weights = tuple[float, ...]
_SHARP: Final = (1.0,)
_NOTHING: Final = (Shares(),) * len(SPANS)


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
    spans: tuple[Shares, ...]


@value
class Lately:
    """What has come and is not yet taken in: so many `seconds`, by bin."""

    seconds: float = 0.0
    bins: Mapping[int, float] = field(default_factory=dict)

    def heard(self, points: Iterable[tuple[int, float]], seconds: float) -> Lately:
        """The same with `seconds` more, of which the `points` are shares."""
        bins = dict(self.bins)
        for at, share in points:
            bins[at] = bins.get(at, 0.0) + share * seconds
        return Lately(self.seconds + seconds, bins)

    @property
    def points(self) -> list[tuple[int, float]]:
        """Bins and their shares of the time."""
        return [(at, share / self.seconds) for at, share in self.bins.items()]


@value
class Forecast:
    """Distributions of requests a second over each of SPANS, all of one length, and how well each
    foretold.

    What is no whole number is rarely the same twice: then `blur` says by which shares a bin and
    those beside it, the next ones first, count as one when distributions are judged.

    `age` is for how many seconds they have been fed, `verdicts` are logarithms of weights.
    `shortages` are what follows: the share of seconds in which more requests come than so many.
    """

    spans: tuple[Shares, ...] = ()
    verdicts: Weights = (0.0,) * len(SPANS)
    age: float = 0.0
    waiting: tuple[Snapshot, ...] = ()
    lately: Lately = Lately()
    shortages: tuple[tuple[float, float], ...] = ()
    surprise: int = 0
    """The bin from which on a count is taken in at once."""
    blur: Weights = _SHARP

    def heard(
        self, requests: float, seconds: float, ahead_s: float, now: float, share: float = 0.0
    ) -> Forecast:
        """The forecast after `requests` came within the last `seconds`; it looks `ahead_s` far.

        Services that differ in `share`, 0 to 1, do the greater part of the work at other times.
        """
        if not 0 < seconds <= _LONGEST_S:
            return self
        points = spread(round(requests), max(10, round(10 * seconds)))
        lately = self.lately.heard(points, seconds)
        waits = (now / TOGETHER_S + share) % 1.0 * TOGETHER_S >= seconds
        if waits and lately.seconds < 2 * TOGETHER_S and self._foreseen(points):
            return self._with(lately)
        return self._taken_in(lately.points, lately.seconds, ahead_s, now)

    def measured(self, mean: float, seconds: float, ahead_s: float, now: float) -> Forecast:
        """The forecast after a `mean` over the last `seconds` was measured."""
        return self._taken_in([(bin_of(mean), 1.0)], seconds, ahead_s, now)

    def _foreseen(self, points: Iterable[tuple[int, float]]) -> bool:
        more = sum([share for at, share in points if at >= self.surprise])
        return more < _MOSTLY

    def _with(self, lately: Lately) -> Forecast:
        return Forecast(
            self.spans,
            self.verdicts,
            self.age,
            self.waiting,
            lately,
            self.shortages,
            self.surprise,
            self.blur,
        )

    def _taken_in(
        self, points: Sequence[tuple[int, float]], seconds: float, ahead_s: float, now: float
    ) -> Forecast:
        verdicts, waiting = self._judged(points, seconds, ahead_s, now)
        age = self.age + seconds
        spans = tuple(
            [
                known.added(points, max(1 - exp(-seconds / span), seconds / age))
                for span, known in zip(SPANS, self.spans or _NOTHING, strict=True)
            ]
        )
        if not waiting or now - waiting[-1].time >= ahead_s / _SNAPSHOTS:
            waiting = (*waiting, Snapshot(now, spans))[-_SNAPSHOTS - 2 :]
        return _told(spans, verdicts, age, waiting, self.blur)

    def _judged(
        self, points: Iterable[tuple[int, float]], seconds: float, ahead_s: float, now: float
    ) -> tuple[Weights, tuple[Snapshot, ...]]:
        """Each distribution by the likelihood it gave, a start-up earlier, to what came."""
        due = [one for one in self.waiting if now - one.time >= ahead_s]
        if not due:
            return self.verdicts, self.waiting
        kept, gain = 1 - _FORGET * seconds, _TEMPER * seconds
        likely = _sharply if self.blur == _SHARP else partial(_blurred, blur=self.blur)
        verdicts = [
            kept * verdict + gain * likely(span, points)
            for verdict, span in zip(self.verdicts, due[-1].spans, strict=True)
        ]
        best = max(verdicts)
        return tuple([v - best for v in verdicts]), self.waiting[len(due) - 1 :]

    def to_json(self) -> dict[str, Any]:
        """What a successor can go on from, rounded."""
        return {
            "spans": [[round(share, 4) for share in span.plain()] for span in self.spans],
            "verdicts": [round(verdict, 3) for verdict in self.verdicts],
            "age": round(self.age),
        }

    @staticmethod
    def from_json(data: dict[str, Any], blur: Weights = _SHARP) -> Forecast:
        """What `to_json` gave; nothing where it was written for other spans."""
        spans = tuple(Shares(tuple(map(float, each))) for each in data.get("spans") or ())
        verdicts = tuple(map(float, data.get("verdicts") or ()))
        if len(spans) != len(SPANS) or len(verdicts) != len(SPANS):
            return Forecast(blur=blur)
        return _told(spans, verdicts, float(data.get("age", 0.0)), (), blur)


def _told(
    spans: tuple[Shares, ...],
    verdicts: Weights,
    age: float,
    waiting: tuple[Snapshot, ...],
    blur: Weights,
) -> Forecast:
    """The forecast of these distributions, with what follows from them."""
    powers = [exp(verdict) for verdict in verdicts]
    counted = [each for each in zip(powers, spans, strict=True) if each[0] >= _COUNTS]
    whole = sum([power for power, _ in counted])
    mixed = [0.0] * len(spans[0].weights)
    for power, span in counted:
        unit = span.factor * power / whole
        mixed = [other + unit * weight for other, weight in zip(mixed, span.weights, strict=True)]
    shortages: list[tuple[float, float]] = []
    above = told = 1.0
    surprise = len(mixed)
    for at, share in enumerate(mixed):
        if above <= _SURPRISE:
            surprise = min(surprise, at)
        above -= share
        if told - above >= _NEGLIGIBLE or at == len(mixed) - 1:
            shortages.append((MOST[at], above))
            told = above
    return Forecast(spans, verdicts, age, waiting, Lately(), tuple(shortages), surprise, blur)


def _sharply(span: Shares, points: Iterable[tuple[int, float]]) -> float:
    """The logarithm of the likelihood of what came, but for what is the same for all spans."""
    weights, factor, least = span.weights, span.factor, _UNSEEN / BINS
    last = len(weights) - 1
    return sum(
        [share * log(factor * weights[at] + least if at <= last else least) for at, share in points]
    )


def _blurred(span: Shares, points: Iterable[tuple[int, float]], blur: Weights) -> float:
    """The same where a bin and, by their shares, those beside it count as one."""
    found = 0.0
    for at, share in points:
        chance = _UNSEEN / BINS + blur[0] * span.of(at)
        for step, part in enumerate(blur[1:], 1):
            chance += part * (span.of(at + step) + (span.of(at - step) if at >= step else 0.0))
        found += share * log(chance)
    return found
