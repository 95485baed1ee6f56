"""Minimum replicas by the calendar: a cron expression says when a period begins.

Source of the expressions: crontab(5), read by croniter, in a named time zone; a period of two hours
lasts two hours across a change of daylight saving time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter

_RANDOM: Final = re.compile(r"\bR\b", re.IGNORECASE)
"""croniter's random times, which would be others at every look."""
_SOME_DAY: Final = 1.7e9


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


def check_cron(text: str) -> str:
    """`text` if it is a cron expression of five fields that strikes; else ValueError."""
    try:
        good = len(text.split()) == 5 and not _RANDOM.search(text) and croniter.is_valid(text)
    except CroniterError:
        good = False
    if not good:
        raise ValueError(f"{text!r} is not a cron expression; write for example '0 8 * * 1-5'")
    try:
        croniter(text, _SOME_DAY).get_prev()
    except CroniterError as error:
        raise ValueError(f"{text!r} never strikes; name a day that its month has") from error
    return text


def check_timezone(text: str) -> str:
    """`text` if it names a time zone of the IANA data base; else ValueError with a remedy."""
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"{text!r} is not a time zone; write for example Europe/Madrid") from error
    return text
