"""Times as objects hold them: RFC 3339, in UTC. Pure."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Final

_TIME_LAYOUT: Final = "2006-01-02T15:04:05Z07:00"
_MICRO_LAYOUT: Final = "2006-01-02T15:04:05.000000Z07:00"
_PARTS: Final = (
    *(("2006", r"\d{4}"), ("-", "-"), ("01", r"\d\d"), ("-", "-"), ("02", r"\d\d"), ("T", "T")),
    *(("15", r"\d\d"), (":", ":"), ("04", r"\d\d"), (":", ":"), ("05", r"\d\d")),
)
_FRACTION: Final = (".000000", r"\.\d{6}")
_ANY_FRACTION: Final = re.compile(r"[.,]\d+", re.ASCII)
_ZONE: Final = ("Z07:00", r"Z|[+-]\d\d:\d\d")
_RANGES: Final = (
    *(("month", slice(5, 7), 1, 12), ("day", slice(8, 10), 1, 31)),
    *(("hour", slice(11, 13), 0, 23), ("minute", slice(14, 16), 0, 59)),
    ("second", slice(17, 19), 0, 59),
)


def timestamp(now: float) -> str:
    """Unix seconds as Kubernetes writes a Time: whole seconds."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(now: float) -> str:
    """Unix seconds as Kubernetes writes a MicroTime: six digits after the point."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical_time(text: str) -> str:
    """A Time as the API server writes it: in UTC, whole seconds. Raises ValueError as Go words it
    (https://pkg.go.dev/time#Parse)."""
    if len(text) == len("2006-01-02T15:04:05Z") and _is_canonical(text):
        return text
    return _read(text, _TIME_LAYOUT).strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical_micro_time(text: str) -> str:
    """A MicroTime likewise: it has six digits after the point, no less and no more."""
    if len(text) == len("2006-01-02T15:04:05.000000Z") and text[19] == "." and _is_canonical(text):
        return text
    return _read(text, _MICRO_LAYOUT).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _is_canonical(text: str) -> bool:
    """Most times are: they need not be read part by part."""
    if text[-1] != "Z" or text[4] + text[7] + text[10] + text[13] + text[16] != "--T::":
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read(text: str, layout: str) -> datetime:
    rest = text
    for name, form in _PARTS:
        rest = _cut(text, rest, layout, name, form)
    if layout == _MICRO_LAYOUT:
        rest = _cut(text, rest, layout, *_FRACTION)
    elif fraction := _ANY_FRACTION.match(rest):
        rest = rest[fraction.end() :]
    extra = _cut(text, rest, layout, *_ZONE)
    if extra:
        raise ValueError(f"{_parsing(text, layout)}: extra text: {_quoted(extra)}")
    for name, where, least, most in _RANGES:
        if not least <= int(text[where]) <= most:
            raise ValueError(f"parsing time {_quoted(text)}: {name} out of range")
    try:
        return datetime.fromisoformat(text.replace(",", ".")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"parsing time {_quoted(text)}: day out of range") from error


def _cut(text: str, rest: str, layout: str, name: str, form: str) -> str:
    """What is left behind the part `name` of the layout."""
    match = re.match(form, rest, re.ASCII)
    if match is None:
        raise ValueError(
            f"{_parsing(text, layout)}: cannot parse {_quoted(rest)} as {_quoted(name)}"
        )
    return rest[match.end() :]


def _parsing(text: str, layout: str) -> str:
    return f"parsing time {_quoted(text)} as {_quoted(layout)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
