"""Quantiles of counts."""

from __future__ import annotations

import pytest

from gateway.admin.console.quantile import quantile
from gateway.stats import BOUNDS


def counts(**found: int) -> list[int]:
    return [found.get(f"b{place}", 0) for place in range(len(BOUNDS) + 1)]


@pytest.mark.parametrize(
    ("share", "observed", "expected"),
    [
        (0.5, counts(), None),
        (0.5, counts(b0=10), 0.0025),
        (0.5, counts(b9=4), 0.875),
        (0.99, counts(b0=99, b9=1), 0.005),
        (1.0, counts(b0=99, b9=1), 1.0),
        (0.5, counts(b19=3), BOUNDS[-1]),
    ],
)
def test_the_place_within_a_bucket_is_linear(
    share: float, observed: list[int], expected: float | None
) -> None:
    assert quantile(share, observed) == (None if expected is None else pytest.approx(expected))
