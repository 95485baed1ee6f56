"""When requests arrive: levels that step up and down, and the instants within them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Level:
    """`rate` requests a second for `seconds`."""

    rate: float
    seconds: float


PULSES: Final = (Level(15, 100), Level(85, 120), Level(20, 160), Level(85, 100), Level(10, 120))
"""Twice from what one pod does with ease to 1.7 times what it can do."""

STAIRS: Final = (
    *(Level(15, 100), Level(60, 100), Level(90, 60)),
    *(Level(30, 140), Level(90, 60), Level(15, 140)),
)
"""Up by two steps, down by one; a pod too few is soon overloaded, one too many is no waste."""

LOADS: Final = {"pulses": PULSES, "stairs": STAIRS}
"""Each has 24 600 requests in 600 s. A pod answers 50 a second, and 25 of them are half of its CPU:
that is its target."""


def scaled(levels: Sequence[Level], seconds: float, rate: float) -> tuple[Level, ...]:
    """The levels with another length in all, and rates times `rate`."""
    return tuple(Level(one.rate * rate, one.seconds * seconds / SECONDS) for one in levels)


def arrivals(levels: Sequence[Level], random: Random) -> list[float]:
    """Instants in seconds from the beginning: as many in each level as it says, at random within
    it, which is a Poisson process of which that number is known."""
    found: list[float] = []
    for begin, level in zip(begins(levels), levels, strict=True):
        number = round(level.rate * level.seconds)
        found += sorted(begin + random.random() * level.seconds for _ in range(number))
    return found


def begins(levels: Sequence[Level]) -> list[float]:
    """When each level begins."""
    found = [0.0]
    for level in levels[:-1]:
        found.append(found[-1] + level.seconds)
    return found


def steps(levels: Sequence[Level], *, up: bool) -> list[float]:
    """When the rate rises, or falls."""
    times = begins(levels)[1:]
    pairs = zip(times, pairwise(levels), strict=True)
    return [time for time, (one, other) in pairs if (other.rate > one.rate) is up]
