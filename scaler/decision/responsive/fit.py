"""What a request costs in CPU, and how well requests tell it (policy `responsive`). Pure.

The cost is the slope of CPU over arrivals, by least squares with exponential forgetting, and only a
spread of the arrivals shows it; the fit is the square of the correlation. Until there was a spread,
CPU is taken to be in proportion to arrivals (ridge regression towards that ratio).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

_FORGET = 0.98  # weight of a sample of CPU after the next one: some fifty count
_ENOUGH = 4.0  # from so much weight on a fit is believed,
_BELIEVED = 0.3  # if arrivals explain so much of the CPU,
_MANY = 0.3  # or, while they have not varied, if so many came a second
_SPREAD = 0.1  # arrivals must vary by so much of their mean to explain anything
_RIDGE = 0.02  # a spread well above the root of this one shows the slope

Sums = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Fit:
    """Weighted `sums` of 1, x, y, xx, xy and yy, for arrivals a second x and milliCPU y, one pair a
    sample of CPU. Without slots: what follows from them is computed once."""

    sums: Sums = (0.0,) * 6

    def learn(self, x: float, y: float) -> Fit:
        """The fit after one more pair."""
        w, sx, sy, sxx, sxy, syy = self.sums
        f = _FORGET
        return Fit(
            (f * w + 1, f * sx + x, f * sy + y, f * sxx + x * x, f * sxy + x * y, f * syy + y * y)
        )

    @property
    def weight(self) -> float:
        """How many samples it is from, the latest counting most."""
        return self.sums[0]

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the arrivals over their mean."""
        return sqrt(self._moments[2]) / self._moments[0] if self._moments[0] else 0.0

    @cached_property
    def explained(self) -> float | None:
        """Share of the changes of CPU that arrivals explain; None: not known yet."""
        _, _, xx, xy, yy = self._moments
        if self.weight < _ENOUGH or self.spread < _SPREAD or yy <= 0:
            return None
        return min(1.0, max(0.0, xy) ** 2 / (xx * yy))

    @cached_property
    def believed(self) -> bool:
        """Whether arrivals tell the CPU, as far as is known: until they have varied enough to show
        it, that there are many and nothing speaks against it."""
        if self.explained is None:
            return self.weight >= _ENOUGH and self._moments[0] >= _MANY
        return self.explained >= _BELIEVED

    @cached_property
    def cost_m(self) -> float:
        """MilliCPU-seconds that one more request takes; 0: not known."""
        x, y, xx, xy, _ = self._moments
        if self.weight < _ENOUGH or not x:
            return 0.0
        prior = _RIDGE * x**2
        return max(0.0, (xy + prior * y / x) / (xx + prior))

    @cached_property
    def rest_m(self) -> float:
        """MilliCPU that is used without any request: the intercept."""
        return max(0.0, self._moments[1] - self.cost_m * self._moments[0])

    @cached_property
    def scatter_m(self) -> float:
        """Standard deviation of what the requests leave unexplained, in milliCPU."""
        return sqrt(self._moments[4] * (1 - (self.explained or 0.0)))

    @cached_property
    def _moments(self) -> tuple[float, float, float, float, float]:
        """Means of x and y, variance of x, covariance, variance of y."""
        w, sx, sy, sxx, sxy, syy = self.sums
        if not w:
            return 0.0, 0.0, 0.0, 0.0, 0.0
        x, y = sx / w, sy / w
        return x, y, max(0.0, sxx / w - x * x), sxy / w - x * y, max(0.0, syy / w - y * y)
