"""Durations as Kubernetes and Go write them: `15s`, `1m30s`, `500ms`, or plain seconds. Pure."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{0,9})?)(h|ms|m|s|us|µs|ns)", re.ASCII)
_PLAIN: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{0,9})?)s?", re.ASCII)
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def seconds(value: object) -> float:
    """The duration in seconds; it is never negative.

    Raises ValueError with a sentence for the user when `value` is none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and number >= 0:
            return number
    elif isinstance(value, str):
        if plain := _PLAIN.fullmatch(value):
            return float(plain[1])
        if _WHOLE.fullmatch(value):
            return sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(value))
    raise ValueError(f"{value!r} is not a duration; write for example 15s, 1m30s or 0.5")


def bounded(least: float, most: float) -> Callable[[str], float]:
    """A parser of durations between two bounds."""

    def parse(text: str) -> float:
        value = seconds(text)
        if not least <= value <= most:
            raise ValueError(f"{text} is outside {least:.9g}s to {most:.9g}s")
        return value

    return parse


def shown(value: float) -> str:
    """Seconds for people, in the two largest units: `45 s`, `3 m 10 s`, `12 m`, `2 h 5 m`."""
    whole = int(value)
    for size, unit, next_size, next_unit in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "m"),
        (60, "m", 1, "s"),
    ):
        if whole >= size:
            more = whole % size // next_size
            rest = f" {more} {next_unit}" if more else ""
            return f"{whole // size} {unit}{rest}"
    return f"{whole} s" if whole or not value else f"{value:.1g} s"
