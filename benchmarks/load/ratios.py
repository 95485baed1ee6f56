"""Arithmetic over samples: what a unit cost, and how that compares with nginx in the same round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some numbers, and their quartiles; of one number, all the same."""

    low: float
    middle: float
    high: float
    count: int

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.middle:.2f}"
        return f"{self.middle:.2f} ({self.low:.2f}–{self.high:.2f})"


def spread(numbers: Iterable[float]) -> Spread | None:
    """None of no numbers. Quartiles lie between two numbers in proportion (type 7 of R)."""
    ordered = sorted(numbers)
    if not ordered:
        return None
    return Spread(_at(ordered, 0.25), median(ordered), _at(ordered, 0.75), len(ordered))


def by_round(above: Mapping[int, float], below: Mapping[int, float]) -> Spread | None:
    """The ratio of two arms in each round that has both: what the machine did in a round, it did
    to both."""
    return spread(above[one] / below[one] for one in above if below.get(one))


def _at(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    before = int(place)
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (ordered[after] - ordered[before]) * (place - before)
