"""How far the logs of a service's pods were given: a cursor, by which the next page begins. Pure.

Kubernetes finds a place in a log by time alone, to the second; so a cursor holds, for each pod, the
moment of the last line that was given, and how many lines of that very moment were. Nothing is
given twice, and nothing is left out, as long as the node keeps the lines.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import orjson

from gateway.management.answers.log_lines import Line, Moment

START: Final = "start"
"""The cursor before all lines."""
LONGEST: Final = 6000
"""Characters of a cursor: it travels in a request line, of which servers take some 8 KiB."""

_POD: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", re.ASCII)
_SECONDS: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_NANOSECONDS: Final = re.compile(r"\d{9}", re.ASCII)


class CursorError(ValueError):
    """A text that is no cursor."""


class Position(NamedTuple):
    """A place in one pod's log."""

    moment: Moment
    given: int
    """Lines of that moment that were given."""


Cursor = Mapping[str, Position]
"""By pod; one that is not named has given nothing yet."""


def encode(cursor: Cursor) -> str:
    """The cursor as clients get it: they hand it back and read nothing from it."""
    plain = {pod: [*one.moment, one.given] for pod, one in cursor.items()}
    return base64.urlsafe_b64encode(orjson.dumps(plain)).decode().rstrip("=") if plain else START


def decode(text: str) -> Cursor:
    """The cursor that `encode` wrote; raises CursorError."""
    if text == START:
        return {}
    try:
        if len(text) > LONGEST:
            raise ValueError
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        plain = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return {pod: _position(pod, *one) for pod, one in plain.items()}
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise CursorError(f"is no cursor; use the `next` of an answer, or {START!r}") from error


def _position(pod: str, seconds: str, nanoseconds: str, count: int) -> Position:
    good = _POD.fullmatch(pod) and _SECONDS.fullmatch(seconds) and type(count) is int
    if not (good and _NANOSECONDS.fullmatch(nanoseconds) and count > 0):
        raise ValueError
    return Position((seconds, nanoseconds), count)


def beyond(lines: Iterable[Line], position: Position | None) -> list[Line]:
    """Those of `lines`, read from the position's second on, that were not given yet. A line before
    any time stamp is the node's own word in place of a log; it has no place, and is left out."""
    lines = (line for line in lines if line.moment[0])
    if position is None:
        return list(lines)
    seen = 0
    found = []
    for line in lines:
        if line.moment > position.moment:
            found.append(line)
        elif line.moment == position.moment:
            seen += 1
            if seen > position.given:
                found.append(line)
    return found


def moved(position: Position | None, given: Sequence[Line]) -> Position | None:
    """Where a pod's log stands after the lines `given`, which came after `position`."""
    if not given:
        return position
    moment = given[-1].moment
    count = sum(line.moment == moment for line in given)
    if position is not None and position.moment == moment:
        count += position.given
    return Position(moment, count) if moment[0] else position
