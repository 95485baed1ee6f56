"""Whether requests take more CPU than they did, or less (policy `responsive`). Pure.

A new model may make each request three times as dear. Least squares would mix old and new for an
hour, and take the difference for chance. So what they leave unexplained is added up as a CUSUM does
(E. S. Page, "Continuous Inspection Schemes", Biometrika 41, 1954), in standard deviations: what
chance leaves cancels itself out, a change does not.
"""

from __future__ import annotations

from dataclasses import field

from scaler.decision.responsive.fit import Fit
from scaler.decision.responsive.price import Price
from shared.service.values import value

_KNOWN = 8.0  # from so much weight on a fit is known well enough to be contradicted,
_DOUBT = 4.0  # and it is off by a share of its scatter that falls with its weight
_SLACK = 1.0  # standard deviations of a sample that count for nothing: half of the least change
_MOST = 4.0  # and as many as one sample counts at most, so that none decides alone
_CERTAIN = 5.5  # so many added up are no chance,
_LIKELY = 2.0  # and so many are hardly
_LULL = 0.25  # of the requests that usually come
_LEAST = 0.1  # of what is used: a smaller deviation is none


@value
class Drift:
    """What speaks for a change: `total` standard deviations (below 0: requests became cheaper) from
    what was `known` before it, and what the samples alone show that have been so."""

    total: float = 0.0
    known: Fit = field(default_factory=Fit)
    fit: Fit = field(default_factory=Fit)
    price: Price = field(default_factory=Price)

    @property
    def certain(self) -> bool:
        """Whether it is no chance any more."""
        return abs(self.total) >= _CERTAIN

    @property
    def dearer(self) -> bool:
        """Whether it is likely that requests take more than is known of them."""
        return self.total >= _LIKELY

    def learn(
        self, fit: Fit, came: float, ended: float, used_m: int, new: float, *, capped: bool
    ) -> Drift:
        """What speaks for it after one more sample, of which `fit` has not learnt yet, and of
        which so much is `new` (0 to 1): the rest was in the last one.

        CPU that is `capped` by limits may be too high for the requests, but never too low. In a
        lull it tells what is used without requests, not what they take.
        """
        known = self.known if self.total else fit
        if not known.believed or known.weight < _KNOWN:
            return Drift()
        if max(came, ended) * known.weight < _LULL * known.sums[1]:
            return self
        total = _added(self.total, _deviation(known, came, ended, used_m, capped), new)
        if not total:
            return Drift()
        before = self if self.total * total > 0 else Drift(known=fit)  # or it has just begun
        costs = learnt(before.fit, before.price, came, ended, used_m, capped=capped)
        return Drift(total, before.known, *costs)


def learnt(
    fit: Fit, price: Price, came: float, ended: float, used_m: int, *, capped: bool
) -> tuple[Fit, Price]:
    """What is known after one more sample. CPU that is `capped` by limits does not follow what
    comes, only what ends."""
    return fit if capped else fit.learn(came, used_m), price.learn(ended, used_m)


def _deviation(known: Fit, came: float, ended: float, used_m: int, capped: bool) -> float:
    """Standard deviations of `used_m` from what is explained by requests that came, or by those
    that ended: after a jam many end that came before."""
    low, high = sorted((known.used_m(came), known.used_m(ended)))
    above, below = max(0.0, used_m - high), min(0.0, used_m - low)
    if capped:
        below = 0.0
    scale = max(known.scatter_m * (1 + _DOUBT / known.weight), _LEAST * used_m)
    return max(-_MOST, min(_MOST, (above + below) / scale)) if scale else 0.0


def _added(total: float, deviation: float, new: float) -> float:
    above = max(0.0, max(total, 0.0) + new * (deviation - _SLACK))
    return above or min(0.0, min(total, 0.0) + new * (deviation + _SLACK))
