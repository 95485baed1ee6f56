"""Cron expressions and time zones of schedules: what counts as one. Pure.

Source of the expressions: crontab(5), read by croniter.
"""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter

_LONGEST: Final = 200
_RANDOM: Final = re.compile(r"\bR\b", re.IGNORECASE)
"""croniter's random times, which would be others at every look."""
_SOME_DAY: Final = 1.7e9


def check_cron(text: str) -> str:
    """`text` if it is a cron expression of five fields that strikes; else ValueError."""
    shown = text[:60]
    try:
        good = len(text) <= _LONGEST and len(text.split()) == 5 and not _RANDOM.search(text)
        good = good and bool(croniter.is_valid(text))
    except CroniterError:
        good = False
    if not good:
        raise ValueError(f"{shown!r} is not a cron expression; write for example '0 8 * * 1-5'")
    try:
        croniter(text, _SOME_DAY).get_prev()
    except CroniterError as error:
        raise ValueError(f"{shown!r} never strikes; name a day that its month has") from error
    return text


def check_timezone(text: str) -> str:
    """`text` if it names a time zone of the IANA data base; else ValueError with a remedy."""
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        shown = text[:60]
        raise ValueError(
            f"{shown!r} is not a time zone; write for example Europe/Madrid"
        ) from error
    return text
