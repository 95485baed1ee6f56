"""Load curves: how many pods' worth of work arrives in each second (1.0 fills one pod).

A shape takes the random source, the seconds and the peak, and returns one number a second. Each
draws its phases and sizes at random, so that a seed is another instance of the same kind of load.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_LEAD_S = 300  # calm before the first event, so that every policy starts settled


def constant(random: Random, seconds: int, peak: float) -> list[float]:
    """One level, somewhere between a third and nine tenths of the peak."""
    return [peak * random.uniform(0.35, 0.9)] * seconds


def step_up(random: Random, seconds: int, peak: float) -> list[float]:
    """From low to high at once, and it stays."""
    low, high = peak * random.uniform(0.06, 0.15), peak * random.uniform(0.6, 1.0)
    at = _LEAD_S + random.randrange(60)
    return [low if t < at else high for t in range(seconds)]


def step_down(random: Random, seconds: int, peak: float) -> list[float]:
    """From high to low at once, and it stays."""
    low, high = peak * random.uniform(0.06, 0.2), peak * random.uniform(0.6, 1.0)
    at = seconds // 3 + random.randrange(60)
    return [high if t < at else low for t in range(seconds)]


def ramp(random: Random, seconds: int, peak: float) -> list[float]:
    """Ten to twenty minutes up, a while at the top, as long down."""
    low, high = peak * random.uniform(0.06, 0.15), peak * random.uniform(0.7, 1.0)
    rise, top = random.randint(600, 1200), random.randint(300, 600)

    def level(t: int) -> float:
        after = t - _LEAD_S
        share = min(after / rise, 1.0, (2 * rise + top - after) / rise)
        return low + (high - low) * max(0.0, share)

    return [level(t) for t in range(seconds)]


def sine(period_s: int) -> Callable[[Random, int, float], list[float]]:
    """Swings between low and high once a period."""

    def shape(random: Random, seconds: int, peak: float) -> list[float]:
        low, high = peak * random.uniform(0.08, 0.2), peak * random.uniform(0.7, 1.0)
        phase, period = random.random(), period_s * random.uniform(0.9, 1.1)
        middle, swing = (high + low) / 2, (high - low) / 2
        return [
            middle + swing * math.sin(2 * math.pi * (t / period + phase)) for t in range(seconds)
        ]

    return shape


def square(random: Random, seconds: int, peak: float) -> list[float]:
    """High and low by turns, five minutes or so each."""
    low, high = peak * random.uniform(0.08, 0.2), peak * random.uniform(0.6, 1.0)
    half, phase = random.randint(240, 360), random.randrange(600)
    return [high if (t + phase) // half % 2 else low for t in range(seconds)]


def spike(random: Random, seconds: int, peak: float) -> list[float]:
    """Rare bursts of ten to twenty-five seconds: shorter than any loop can answer in time."""
    low, high = peak * random.uniform(0.1, 0.2), peak * random.uniform(0.6, 1.0)
    curve = [low] * seconds
    at = _LEAD_S + random.randrange(120)
    while at < seconds:
        length = random.randint(10, 25)
        curve[at : at + length] = [high] * len(curve[at : at + length])
        at += random.randint(420, 900)
    return curve


def sawtooth(random: Random, seconds: int, peak: float) -> list[float]:
    """Climbs for eight minutes or so, drops at once, again and again."""
    low, high = peak * random.uniform(0.08, 0.15), peak * random.uniform(0.7, 1.0)
    period, phase = random.randint(420, 600), random.randrange(600)
    return [low + (high - low) * ((t + phase) % period) / period for t in range(seconds)]


def flash_crowd(random: Random, seconds: int, peak: float) -> list[float]:
    """Doubles every ten to twenty seconds to the peak, then fades with a half-life of minutes."""
    low, high = peak * random.uniform(0.06, 0.12), peak * random.uniform(0.8, 1.0)
    at, double = _LEAD_S + random.randrange(300), random.uniform(10, 20)
    fade = random.uniform(240, 480)
    top = at + double * math.log2(high / low)

    def level(t: int) -> float:
        if t < at:
            return low
        if t < top:
            return low * math.exp2((t - at) / double)
        return low + (high - low) * math.exp2((top - t) / fade)

    return [level(t) for t in range(seconds)]


def on_off(random: Random, seconds: int, peak: float) -> list[float]:
    """Idle or busy, each for one to eight minutes at random."""
    low, curve = peak * random.uniform(0.02, 0.06), [0.0] * seconds
    at, busy = 0, False
    while at < seconds:
        length = _LEAD_S if at == 0 else random.randint(60, 480)
        level = peak * random.uniform(0.5, 1.0) if busy else low
        curve[at : at + length] = [level] * len(curve[at : at + length])
        at, busy = at + length, not busy
    return curve


def diurnal(random: Random, seconds: int, peak: float) -> list[float]:
    """A day with a morning and an evening rush, pressed into the run."""
    low, high = peak * random.uniform(0.06, 0.12), peak * random.uniform(0.75, 1.0)
    evening = random.uniform(0.6, 1.0)

    def rush(day: float, at: float, width: float) -> float:
        return math.exp(-(((day - at) / width) ** 2))

    def level(t: int) -> float:
        day = t / seconds
        return low + (high - low) * max(rush(day, 0.4, 0.14), evening * rush(day, 0.75, 0.1))

    return [level(t) for t in range(seconds)]


def edge(random: Random, seconds: int, peak: float) -> list[float]:
    """Constant, just at the edge of the usual tolerance around a usual target (0.8 ± 10 %)."""
    pods = random.randint(2, max(3, int(peak)))
    return [pods * 0.8 * random.choice([0.9, 1.1])] * seconds


def late(random: Random, seconds: int, peak: float) -> list[float]:
    """Nothing for a quarter of an hour, as with a service that is new, then one level."""
    level, at = peak * random.uniform(0.35, 0.9), 3 * _LEAD_S + random.randrange(60)
    return [0.0 if t < at else level for t in range(seconds)]


def herd(random: Random, seconds: int, peak: float) -> list[float]:
    """One level, then nothing for four minutes, as when something in front is out; then all come
    back, and for a minute or two twice as many again, with what piled up."""
    level, at = peak * random.uniform(0.3, 0.4), 4 * _LEAD_S + random.randrange(60)
    back = at + 240

    def now(t: int) -> float:
        if t < at:
            return level
        return 0.0 if t < back else level * (1 + 2 * math.exp((back - t) / 60))

    return [now(t) for t in range(seconds)]


def with_noise(random: Random, curve: list[float], share: float) -> list[float]:
    """`curve` with noise of standard deviation `share` that lasts some seconds at a time."""
    drift, noisy = 0.0, []
    for level in curve:
        drift = 0.8 * drift + 0.6 * random.gauss(0.0, share)
        noisy.append(max(0.0, level * (1.0 + drift)))
    return noisy
