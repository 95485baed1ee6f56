"""Loads with stretches in which nobody asks, for what scale to zero saves. Only by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.simulator.scenario import Scenario

if TYPE_CHECKING:
    from random import Random

_JOB_S = 900
_LEAD_S = 300
_SHORTEST_S, _LONGEST_S = 120, 900


def cron(random: Random, seconds: int, peak: float) -> list[float]:
    """A job each quarter of an hour: twenty to sixty seconds of work, and nothing between."""
    level, length = peak * random.uniform(0.2, 0.5), random.randint(20, 60)
    first = random.randrange(_JOB_S)
    return [level if (t - first) % _JOB_S < length else 0.0 for t in range(seconds)]


def office_hours(random: Random, seconds: int, peak: float) -> list[float]:
    """A day pressed into the run: work in its middle third, with a break, and nothing else."""
    level = peak * random.uniform(0.3, 0.6)
    begin, end = seconds * random.uniform(0.30, 0.36), seconds * random.uniform(0.66, 0.72)
    noon, break_s = seconds / 2, seconds / 24
    return [
        level if begin <= t < end and not noon <= t < noon + break_s else 0.0
        for t in range(seconds)
    ]


def now_and_then(random: Random, seconds: int, peak: float) -> list[float]:
    """Somebody tries something for a minute or so, two to fifteen minutes after the last time."""
    curve, at = [0.0] * seconds, random.randrange(_LEAD_S)
    while at < seconds:
        length = random.randint(20, 90)
        curve[at : at + length] = [peak * random.uniform(0.05, 0.2)] * len(curve[at : at + length])
        at += length + random.randint(_SHORTEST_S, _LONGEST_S)
    return curve


IDLE: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("cron", cron, seconds=7200),
        Scenario("office-hours", office_hours, seconds=14_400),
        Scenario("now-and-then", now_and_then, seconds=7200),
    )
}
"""By name."""
