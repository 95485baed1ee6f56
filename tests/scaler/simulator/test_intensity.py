"""Ups and downs of an intensity."""

from __future__ import annotations

from itertools import groupby
from math import exp
from random import Random
from statistics import fmean, median, pvariance

import pytest

from scaler.simulator.intensity import Bursts, Cascade, Scale, Stay

STEADY = Cascade(())


def test_a_cascade_has_a_mean_of_one_and_the_variance_of_its_scales() -> None:
    kind = Cascade((Scale(2.0, 0.3), Scale(30.0, 0.2)))
    levels = kind.draw(Random(1), 100_000)
    assert fmean(levels) == pytest.approx(1.0, abs=0.03)
    assert pvariance(levels) == pytest.approx(exp(0.3**2 + 0.2**2) - 1, rel=0.1)


def test_a_scale_is_remembered_for_its_time() -> None:
    levels = Cascade((Scale(20.0, 0.2),)).draw(Random(1), 100_000)
    mean, variance = fmean(levels), pvariance(levels)
    for lag in (5, 20, 60):
        pairs = zip(levels, levels[lag:], strict=False)
        alike = fmean((a - mean) * (b - mean) for a, b in pairs) / variance
        assert alike == pytest.approx(exp(-lag / 20), abs=0.06)


def test_without_scales_nothing_varies() -> None:
    assert STEADY.draw(Random(1), 3) == [1.0] * 3


def test_bursts_last_and_pause_as_they_should_and_have_a_mean_of_one() -> None:
    kind = Bursts(Stay(20.0, 0.3), Stay(60.0, 0.5), 0.2, STEADY)
    levels = kind.draw(Random(1), 200_000)
    stretches = [(busy, len(list(some))) for busy, some in groupby(levels, key=bool)]
    on, off = ([s for b, s in stretches[1:-1] if b is busy] for busy in (True, False))
    assert median(on) == pytest.approx(20, rel=0.1)
    assert median(off) == pytest.approx(60, rel=0.1)
    assert fmean(levels) == pytest.approx(1.0, rel=0.05)


def test_equal_seeds_give_equal_courses() -> None:
    kind = Bursts(Stay(5.0, 0.3), Stay(9.0, 0.5), 0.2, Cascade((Scale(2.0, 0.3),)))
    assert kind.draw(Random(3), 500) == kind.draw(Random(3), 500)
    assert kind.draw(Random(3), 500) != kind.draw(Random(4), 500)
