"""Requests are whole: how many of them come in each second. Pure but for its random source."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

_MANY = 64.0  # so many are as good as normal, and a draw costs no more for more of them


def drawn(random: Random, expected: Iterable[float]) -> tuple[int, ...]:
    """Requests that come by chance, none knowing of another, `expected` in the mean."""
    return tuple([poisson(random, mean) for mean in expected])


def poisson(random: Random, mean: float) -> int:
    """A Poisson number: by the gaps between events (Knuth), where they are many by its limit."""
    if mean > _MANY:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    floor, left, count = math.exp(-mean), random.random(), 0
    while left > floor:
        left *= random.random()
        count += 1
    return count


def rounded(counts: Iterable[float]) -> tuple[int, ...]:
    """Whole numbers with the same sum at every second, to a half: what one loses the next gets."""
    total, before, found = 0.0, 0, []
    for count in counts:
        total += count
        whole = math.floor(total + 0.5)
        found.append(whole - before)
        before = whole
    return tuple(found)
