"""Ages, and text of others that is safe to show on a terminal. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from shared.runtime.printable import printable

_KEPT: Final = re.compile(r"(\x1b\[[0-9;]{0,32}m|\t)")
"""Colours, and tabs; whatever else acts on a terminal is escaped."""


def shown(text: str) -> str:
    """One line of a log for a terminal: colours stay; no sequence clears the screen, sets a title
    or forges another line."""
    parts = _KEPT.split(text.removesuffix("\r"))
    return "".join(part if _KEPT.fullmatch(part) else printable(part) for part in parts)


def one_line(text: object) -> str:
    """Text of others on one line of ours."""
    return printable(" ".join(str(text or "").split()))


def age(then: object, now: object) -> str:
    """Between two times of RFC 3339, as kubectl says it: `45s`, `12m`, `3h`, `8d`; `?` if one of
    them is none."""
    return "".join(_span(then, now))


def asleep(then: object, now: object) -> str:
    """The state of what sleeps, with the same in a sentence's form: `asleep (12 m)`."""
    return f"asleep ({' '.join(_span(then, now))})"


def _span(then: object, now: object) -> tuple[str, ...]:
    """A number and its unit."""
    try:
        seconds = _seconds(now) - _seconds(then)
    except ValueError:
        return ("?",)
    for unit, size, most in (("s", 1, 120), ("m", 60, 7200), ("h", 3600, 172_800)):
        if seconds < most:
            return str(max(0, int(seconds // size))), unit
    return str(int(seconds // 86_400)), "d"


def _seconds(time: object) -> float:
    return datetime.fromisoformat(str(time)).timestamp()
