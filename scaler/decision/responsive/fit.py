"""What a request costs in CPU, and how well requests tell it (policy `responsive`). Pure.

The cost is the slope of CPU over arrivals, by least squares with exponential forgetting, and only a
spread of the arrivals shows it; the fit is the square of the correlation. Until there was a spread,
CPU is taken to be in proportion to arrivals (ridge regression towards that ratio).
"""

from __future__ import annotations

from math import sqrt

from shared.service.values import value

_FORGET = 0.98  # weight of a sample of CPU after the next one: some fifty count
_ENOUGH = 4.0  # from so much weight on a fit is believed,
_BELIEVED = 0.3  # if arrivals explain so much of the CPU,
_MANY = 0.3  # or, while they have not varied, if so many came a second
_SPREAD = 0.1  # arrivals must vary by so much of their mean to explain anything
_LOOSE = 0.15  # what is left unexplained is much from so much of the CPU on
_RIDGE = 0.02  # a spread well above the root of this one shows the slope

Sums = tuple[float, float, float, float, float, float]


@value
class Fit:
    """Weighted `sums` of 1, x, y, xx, xy and yy, for arrivals a second x and milliCPU y, one pair a
    sample of CPU; and what follows from them, see `fit_of`.

    `spread` is the standard deviation of the arrivals over their mean, `explained` the share of the
    changes of CPU that arrivals explain (None: not known yet). `believed` says whether arrivals
    tell the CPU, as far as is known: until they have varied enough to show it, that there are many
    and nothing speaks against it. `cost_m` are the milliCPU-seconds that one more request takes (0:
    not known), `rest_m` the milliCPU used without any (the intercept), `scatter_m` the standard
    deviation of what the requests leave unexplained, in milliCPU.
    """

    sums: Sums = (0.0,) * 6
    spread: float = 0.0
    explained: float | None = None
    believed: bool = False
    cost_m: float = 0.0
    rest_m: float = 0.0
    scatter_m: float = 0.0

    @property
    def weight(self) -> float:
        """How many samples it is from, the latest counting most."""
        return self.sums[0]

    @property
    def loose(self) -> bool:
        """Whether much of the CPU is left unexplained: requests do not tell all that matters."""
        return self.scatter_m * self.sums[0] > _LOOSE * self.sums[2]

    def used_m(self, rate: float) -> float:
        """The milliCPU that `rate` arrivals a second take, and what is used without any."""
        return self.rest_m + self.cost_m * rate

    def learn(self, x: float, y: float) -> Fit:
        """The fit after one more pair."""
        w, sx, sy, sxx, sxy, syy = self.sums
        f = _FORGET
        return fit_of(
            (f * w + 1, f * sx + x, f * sy + y, f * sxx + x * x, f * sxy + x * y, f * syy + y * y)
        )


def fit_of(sums: Sums) -> Fit:
    """What `sums` show."""
    w, sx, sy, sxx, sxy, syy = sums
    if not w:
        return Fit(sums)
    x, y = sx / w, sy / w  # means, then variance of x, covariance, variance of y
    xx, xy, yy = max(0.0, sxx / w - x * x), sxy / w - x * y, max(0.0, syy / w - y * y)
    spread = sqrt(xx) / x if x else 0.0
    if w < _ENOUGH:
        return Fit(sums, spread, None, False, 0.0, max(0.0, y), sqrt(yy))
    explained = None
    if spread >= _SPREAD and yy > 0:
        explained = min(1.0, max(0.0, xy) ** 2 / (xx * yy))
    prior = _RIDGE * x**2
    cost_m = max(0.0, (xy + prior * y / x) / (xx + prior)) if x else 0.0
    return Fit(
        sums,
        spread,
        explained,
        x >= _MANY if explained is None else explained >= _BELIEVED,
        cost_m,
        max(0.0, y - cost_m * x),
        sqrt(yy * (1 - (explained or 0.0))),
    )
