"""Which events are worth a write: repetitions become a series, floods are cut off.

After client-go's `tools/events` (isomorphic events, six minutes) and its spam filter. Everything
kept here is bounded; the oldest is forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, TypeVar

QUIET: Final = 360.0
"""Seconds without a repetition that end a series; the next event of its kind is a new one."""
REFRESH: Final = 30.0
"""Seconds between two writes of the count of one series."""
BURST: Final = 20
"""New events about one object in quick succession."""
REFILL: Final = 10.0
"""Seconds for the right to one more."""
KEPT: Final = 1000
"""Series and objects remembered."""

Kept = TypeVar("Kept")


@dataclass(slots=True)
class Series:
    """Events that say the same; `name` is the Event object that carries the count."""

    name: str
    count: int
    last: float
    written: float


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Correlator:
    """Times are seconds of any clock, the same for all calls."""

    def __init__(self) -> None:
        self._series: OrderedDict[Hashable, Series] = OrderedDict()
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def observe(self, about: Hashable, says: Hashable, name: str, now: float) -> Series | None:
        """The series to write for an event that `says` something `about` an object, or None.

        A count of 1 asks for a new Event called `name`, a higher one for an update of the old.
        """
        series = self._series.get((about, says))
        if series is not None and now - series.last <= QUIET:
            series.count += 1
            series.last = now
            return series if self._due(series, now) else None
        if not self._allowed(about, now):
            return None
        series = Series(name, 1, now, now)
        _keep(self._series, (about, says), series)
        return series

    def _due(self, series: Series, now: float) -> bool:
        due = series.count == 2 or now - series.written >= REFRESH
        if due:
            series.written = now
        return due

    def _allowed(self, about: Hashable, now: float) -> bool:
        bucket = self._buckets.get(about) or _Bucket(BURST, now)
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.at) / REFILL)
        bucket.at = now
        _keep(self._buckets, about, bucket)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


def _keep(store: OrderedDict[Hashable, Kept], key: Hashable, value: Kept) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > KEPT:
        store.popitem(last=False)
