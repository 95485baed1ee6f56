"""Requests that come and cost as those of real services do. Pure but for its random source.

Made by generators of our own with the statistics of public traces. Spread is the standard deviation
over the mean of means over 10, 60 and 300 s:

- code: AzureLLMInferenceTrace_code (Azure Public Dataset, 2023), an hour, 2.57 requests a second.
  Spread 1.67, 1.04 and 0.42. Three seconds of four have no request at all: bursts of 16 s (median)
  with 8 requests a second lie 24 s (median) apart, up to several minutes.
- conversation: AzureLLMInferenceTrace_conv of the same dataset, 5.3 requests a second. Spread 0.36,
  0.30 and 0.21; never silent for long.
- web: NASA-HTTP (Internet Traffic Archive), hours of 12 July 1995 with 0.4 to 1.7 requests a
  second. Spread 0.40 to 0.70, 0.23 to 0.33 and 0.11 to 0.19 within an hour, and 0.66, 0.52 and 0.46
  within the day, which has its rhythm besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaler.simulator.arrivals import drawn
from scaler.simulator.intensity import Bursts, Cascade, Intensity, Scale, Stay
from scaler.simulator.tokens import CODE, CONVERSATION, Tokens

if TYPE_CHECKING:
    from random import Random

    from scaler.simulator.work import Request


@dataclass(frozen=True, slots=True)
class Traffic:
    """A kind of traffic: its ups and downs, the mean of its work as a share of the peak that a
    service is sized to, and what requests cost.

    Without `tokens` one costs as much as another, and its work is due when it comes, as with the
    counts of a recorded load; with them it is due over its life (see `work`).
    """

    intensity: Intensity
    mean: float
    tokens: Tokens | None = None

    @property
    def lives(self) -> bool:
        """Whether requests live on, and their work with them."""
        return self.tokens is not None

    def requests(self, random: Random, seconds: int, rate: float, work_m: float) -> list[Request]:
        """Requests by the second in which they come, `rate` a second and `work_m` milliCPU-seconds
        each in the mean."""
        levels = self.intensity.draw(random, seconds)
        counts = drawn(random, [rate * level for level in levels])
        draw = self.tokens.draw if self.tokens else lambda _: 1.0
        return [
            (second, work_m * draw(random))
            for second, count in enumerate(counts)
            for _ in range(count)
        ]


CODE_COMPLETION = Traffic(
    Bursts(
        on=Stay(18.0, 0.65),
        off=Stay(38.0, 0.8),
        height=0.3,
        within=Cascade((Scale(1.5, 0.55), Scale(5.0, 0.35))),
    ),
    mean=0.171,
    tokens=CODE,
)
CONVERSATIONS = Traffic(
    Cascade((Scale(4.0, 0.25), Scale(60.0, 0.17), Scale(500.0, 0.24))),
    mean=0.353,
    tokens=CONVERSATION,
)
WEB = Traffic(
    Cascade((Scale(1.5, 0.4), Scale(12.0, 0.28), Scale(80.0, 0.2), Scale(900.0, 0.22))),
    mean=0.147,
)
