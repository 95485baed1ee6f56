"""Whole requests."""

from __future__ import annotations

from random import Random
from statistics import fmean, pvariance

import pytest

from scaler.simulator.arrivals import drawn, poisson, rounded


@pytest.mark.parametrize("mean", [0.3, 5.0, 60.0, 200.0])
def test_a_poisson_number_has_its_mean_as_variance(mean: float) -> None:
    random = Random(1)
    counts = [poisson(random, mean) for _ in range(20_000)]
    assert min(counts) >= 0
    assert fmean(counts) == pytest.approx(mean, rel=0.03)
    assert pvariance(counts) == pytest.approx(mean, rel=0.05)


def test_nothing_expected_is_nothing_drawn() -> None:
    assert drawn(Random(1), [0.0] * 5) == (0,) * 5


def test_rounding_carries_the_rest_over() -> None:
    assert rounded([0.4] * 10) == (0, 1, 0, 1, 0, 0, 1, 0, 1, 0)
    assert rounded([3.0, 0.0, 7.0]) == (3, 0, 7)
    assert sum(rounded([0.1] * 1000)) == 100
