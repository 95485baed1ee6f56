"""What a request to a language model costs: by its tokens, as those of real services. Pure but for
its random source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Weights:
    """CPU of a request of any kind, of a token that it brings and of one that it is given, in
    relation to each other.

    The default is an assumption, not a measurement: prompts are read many tokens at a time, and an
    answer is generated one by one, so that a token of it costs ten times as much.
    """

    request: float = 50.0
    prompt: float = 1.0
    generated: float = 10.0

    def cost(self, prompt: float, generated: float) -> float:
        """What a request costs."""
        return self.request + self.prompt * prompt + self.generated * generated


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Part:
    """A lognormal part of a mix: its share, its median, and the deviation of its logarithm."""

    share: float
    median: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths in tokens: `least`, and more by a mix of lognormal parts, at most `most`."""

    parts: tuple[Part, ...]
    least: int
    most: int

    def draw(self, random: Random) -> float:
        """One length."""
        shares = random.random()
        part = self.parts[-1]
        for part in self.parts:
            shares -= part.share
            if shares < 0:
                break
        return min(self.most, self.least + part.median * math.exp(random.gauss(0.0, part.sigma)))

    @property
    def mean(self) -> float:
        """What many draws give in the mean."""
        room = self.most - self.least
        return self.least + sum(part.share * _capped_mean(part, room) for part in self.parts)


def _capped_mean(part: Part, most: float) -> float:
    """The mean of a lognormal number, of which what exceeds `most` counts as that."""
    above = (math.log(most / part.median)) / part.sigma
    below = part.median * math.exp(part.sigma**2 / 2) * _NORMAL.cdf(above - part.sigma)
    return below + most * _NORMAL.cdf(-above)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The requests of a service: tokens of prompts and of answers, which hardly depend on each
    other."""

    prompt: Lengths
    generated: Lengths
    weights: Weights = WEIGHTS

    def draw(self, random: Random) -> float:
        """What a request costs, as a multiple of the mean."""
        cost = self.weights.cost(self.prompt.draw(random), self.generated.draw(random))
        return cost / self.weights.cost(self.prompt.mean, self.generated.mean)


CODE = Tokens(
    prompt=Lengths((Part(0.7, 2000.0, 0.85), Part(0.3, 300.0, 1.3)), 3, 7437),
    generated=Lengths((Part(1.0, 7.0, 1.5),), 6, 1900),
)
"""Code completion. The tokens of the Azure Public Dataset's AzureLLMInferenceTrace_code (2023,
CC-BY 4.0) have as quantiles of 5, 25, 50, 75, 95 and 99 %: prompts 75, 578, 1469, 2744, 7302 and
7436, answers 6, 9, 13, 24, 90 and 249; means 2048 and 28, uncorrelated."""

CONVERSATION = Tokens(
    prompt=Lengths((Part(0.75, 1130.0, 0.65), Part(0.25, 500.0, 1.2)), 2, 4096),
    generated=Lengths((Part(0.7, 76.0, 0.85), Part(0.3, 420.0, 0.3)), 1, 1000),
)
"""Conversation: shorter prompts and longer answers, with medians of 1020 and 129 tokens, short and
long answers apart. Assumed after what is said of conversations in Azure (Patel et al., "Splitwise",
ISCA 2024); not checked against a trace, unlike the lengths of code completion."""
