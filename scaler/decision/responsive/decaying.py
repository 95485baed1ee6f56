"""Shares of the time by bin, of which older ones count for less and less (forward decay; Cormode,
Shkapenyuk, Srivastava & Xu 2009).

To forget would change every bin. Instead what is new counts for more than what is there, and one
factor says by how much too large all of it has become, so that only the bins change in which
something came. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST: Final = 1e-6  # a smaller factor is taken into the weights, before digits are lost


@value
class Shares:
    """The share of each bin is `factor` times its weight."""

    weights: tuple[float, ...] = ()
    factor: float = 1.0

    def added(self, points: Iterable[tuple[int, float]], gain: float) -> Shares:
        """The shares when the `points`, bins and their shares of a new time, make up `gain` of
        all."""
        found, factor = list(self.weights), (1 - gain) * self.factor
        if factor < _LEAST:
            found, factor = [factor * weight for weight in found], 1.0
        unit = gain / factor
        for at, share in points:
            if at >= len(found):
                found += [0.0] * (at + 1 - len(found))
            found[at] += unit * share
        return Shares(tuple(found), factor)

    def plain(self) -> list[float]:
        """The shares by bin."""
        return [self.factor * weight for weight in self.weights]

    def of(self, at: int) -> float:
        """The share of a bin."""
        return self.factor * self.weights[at] if at < len(self.weights) else 0.0
