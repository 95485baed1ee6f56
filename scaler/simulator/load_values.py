"""What every form of a recorded load is made of: times, numbers, series. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime

Series = dict[float, float]
"""Values by time in seconds, in any order."""

_GAPS = frozenset(("", "nan", "null", "none", "-"))
_LATEST_S = 1e11  # seconds reach the year 5138: what is larger counts thousandths


class LoadError(ValueError):
    """The file cannot be used as a load; the message says where, why and what to do."""


def time_of(text: str, where: str) -> float:
    """A point in time: seconds since the epoch (ms, µs or ns are known by their size) or ISO 8601,
    in UTC unless it says otherwise. Raises LoadError."""
    try:
        return _number_of_seconds(float(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise LoadError(
            f"{where}: time is {text!r}; give seconds or ISO 8601, such as 2026-03-01T08:00:00Z"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number_of_seconds(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError
    while abs(value) >= _LATEST_S:
        value /= 1000
    return value


def is_time(text: str) -> bool:
    """Whether `time_of` can read it."""
    try:
        time_of(text, "")
    except LoadError:
        return False
    return True


def number_of(text: str, where: str) -> float | None:
    """A value from 0, None for a gap (empty, NaN, null). Raises LoadError."""
    if text.strip().lower() in _GAPS:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise LoadError(f"{where}: the value is {text!r}; give a number from 0, or leave it empty")
    return value
