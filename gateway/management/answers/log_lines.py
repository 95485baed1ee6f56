"""Lines of a pod's log, as the node gives them with time stamps. Pure.

Called by `logs`, which reads them, and by `log_cursor`, which remembers how far they were given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple

Moment = tuple[str, str]
"""Seconds in UTC as `2026-01-01T00:00:00`, and nanoseconds in nine digits: they sort as text."""

_STAMPED: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?", re.ASCII
)


class Line(NamedTuple):
    """One line of a pod's log."""

    moment: Moment
    """Never earlier than that of the line before."""
    time: str
    """As the node wrote it; empty for a line without."""
    text: str


def split(text: str) -> list[Line]:
    """The lines of a log with time stamps. Only a line feed ends one: what programs draw with a
    carriage return, U+0085 or U+2028 is text."""
    found: list[Line] = []
    last: Moment = ("", "")
    for line in text.removesuffix("\n").split("\n") if text else ():
        found.append(read(line, last))
        last = found[-1].moment
    return found


def read(text: str, last: Moment) -> Line:
    """The line `text` after one of the moment `last`."""
    stamp = _STAMPED.match(text)
    if stamp is None:
        return Line(last, "", text)
    moment = max(last, _moment(*stamp.groups(default="")))
    return Line(moment, stamp[0].rstrip(), text[stamp.end() :])


def mixed(lines: Iterable[tuple[str, Line]]) -> list[tuple[str, Line]]:
    """Lines of several pods, each with its pod, by time; those of one moment stay in their
    order."""
    return sorted(lines, key=lambda one: one[1].moment)


def _moment(seconds: str, fraction: str, offset: str) -> Moment:
    if offset not in ("Z", "+00:00"):
        try:
            local = datetime.fromisoformat(seconds + offset)
            seconds = local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        except (ValueError, OverflowError):  # digits that are no date: as they stand
            pass
    return seconds, fraction.ljust(9, "0")
