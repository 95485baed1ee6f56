"""Minimum replicas by the calendar: a cron expression says when a period begins.

What may be written stands in `shared.service.scaling.cron`. Expressions hold in a named time zone;
a period of two hours lasts two hours across a change of daylight saving time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from croniter import croniter


@dataclass(frozen=True, slots=True)
class Schedule:
    """From each time that `cron` names, for `duration` seconds, at least `min_replicas`."""

    cron: str
    duration: float
    min_replicas: int
    timezone: str = "UTC"

    def active(self, now: float) -> bool:
        """Whether a period has begun and not yet ended at `now` (unix seconds)."""
        return now < _begun(self.cron, self.timezone, int(now // 60)) + self.duration


@lru_cache(maxsize=4096)
def _begun(cron: str, timezone: str, minute: int) -> float:
    """When `cron` last struck up to and within `minute`; it strikes on whole minutes only."""
    moment = datetime.fromtimestamp(minute * 60 + 1, ZoneInfo(timezone))
    return croniter(cron, moment).get_prev(datetime).timestamp()


def minimum(schedules: Iterable[Schedule], now: float) -> int:
    """The least replicas that the schedules ask for at `now`; 0 when none is active."""
    return max((each.min_replicas for each in schedules if each.active(now)), default=0)
