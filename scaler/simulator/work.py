"""When the work of a request is due. Pure.

A request runs on a share of its pod: a pod with `concurrency` of them is full, so one alone uses at
most `limit_m` / `concurrency` and lives the longer, the more it costs. Its work is due over that
life and not at its arrival: no pod, and no number of pods, generates the tokens of an answer all at
once. So a burst of requests shows in CPU later than at the gateway, and smoother.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Request = tuple[int, float]
"""The second in which a request comes, and what it costs in milliCPU-seconds."""


def over_lives(requests: Iterable[Request], rate_m: float, seconds: int) -> list[float]:
    """MilliCPU that are due in each second, if each request finds a place at once and uses
    `rate_m` as long as it lives. What is due after `seconds` is left out."""
    change, rest = [0.0] * (seconds + 1), [0.0] * (seconds + 1)
    for second, cost in requests:
        full, left = divmod(cost, rate_m)
        end = min(seconds, second + int(full))
        change[second] += rate_m
        change[end] -= rate_m
        rest[end] += left
    steady = accumulate(change[:seconds])
    return [max(0.0, whole + part) for whole, part in zip(steady, rest, strict=False)]


def per_second(requests: Sequence[Request], seconds: int) -> tuple[int, ...]:
    """How many requests come in each second."""
    counts = [0] * seconds
    for second, _ in requests:
        counts[second] += 1
    return tuple(counts)
