"""How the number of people at a service's door varies: an intensity of requests around 1, each
second. Pure but for its random source.

Real requests are far from evenly random at every time scale: bursts of a page, of a session and of
an hour lie in one another. A product of lognormal factors, each with a memory of its own (a cascade
of Ornstein-Uhlenbeck processes), has such a spread; requests drawn from it at random are a Cox
process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from random import Random


class Intensity(Protocol):
    """A kind of ups and downs."""

    def draw(self, random: Random, seconds: int) -> list[float]:
        """One course of it, with a mean of about 1."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A factor that forgets in `memory_s`; `sigma` is the deviation of its logarithm."""

    memory_s: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Cascade:
    """The product of factors of several time scales; it never stays at nothing."""

    scales: tuple[Scale, ...]

    def draw(self, random: Random, seconds: int) -> list[float]:
        logs = [-sum(scale.sigma**2 for scale in self.scales) / 2] * seconds
        for scale in self.scales:
            logs = [a + b for a, b in zip(logs, _drift(random, scale, seconds), strict=True)]
        return list(map(math.exp, logs))


def _drift(random: Random, scale: Scale, seconds: int) -> list[float]:
    """An Ornstein-Uhlenbeck process, each second."""
    kept = math.exp(-1 / scale.memory_s)
    fresh = scale.sigma * math.sqrt(1 - kept**2)
    at, found = random.gauss(0.0, scale.sigma), []
    for _ in range(seconds):
        found.append(at)
        at = kept * at + random.gauss(0.0, fresh)
    return found


@dataclass(frozen=True, slots=True)
class Stay:
    """How long something lasts: lognormal, with this median in seconds, and at least a second."""

    median_s: float
    sigma: float

    def draw(self, random: Random) -> int:
        """One time."""
        return max(1, round(self.median_s * math.exp(random.gauss(0.0, self.sigma))))

    @property
    def mean_s(self) -> float:
        """What many take in the mean."""
        return self.median_s * math.exp(self.sigma**2 / 2)


@dataclass(frozen=True, slots=True)
class Bursts:
    """Bursts with nothing between them; each has its own height, and `within` are the ups and downs
    inside of them."""

    on: Stay
    off: Stay
    height: float
    """Deviation of the logarithm of a burst's height."""
    within: Cascade

    def draw(self, random: Random, seconds: int) -> list[float]:
        usual = (self.on.mean_s + self.off.mean_s) / self.on.mean_s
        levels = self.within.draw(random, seconds)
        course, at = [0.0] * seconds, -random.randrange(round(usual * self.on.mean_s))
        while at < seconds:
            height = usual * math.exp(random.gauss(-(self.height**2) / 2, self.height))
            end = at + self.on.draw(random)
            for second in range(max(0, at), min(end, seconds)):
                course[second] = height * levels[second]
            at = end + self.off.draw(random)
        return course
