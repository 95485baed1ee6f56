"""Quantiles of a histogram's counts, as Prometheus' `histogram_quantile` has them. Pure."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from gateway.stats import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Sequence


def quantile(share: float, counts: Sequence[int]) -> float | None:
    """Seconds below which `share` of the observations are, with the place within a bucket taken to
    be linear; None without observations. Of what is above all bounds the highest bound is told."""
    total = sum(counts)
    if total == 0:
        return None
    rank = share * total
    for index, reached in enumerate(accumulate(counts)):
        if reached >= rank and counts[index]:
            break
    if index == len(BOUNDS):
        return BOUNDS[-1]
    low = BOUNDS[index - 1] if index else 0.0
    before = reached - counts[index]
    return low + (BOUNDS[index] - low) * (rank - before) / counts[index]
