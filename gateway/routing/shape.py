"""Where the request heads of one kind of client differ: a shape. Pure.

The heads of a client are alike: the same fields in the same order, most with the same values. What
differs (the length of the body, a trace, a key) stands in the holes of a shape; what is between
them is compared as it is, in one step, so that only the values in the holes need be judged.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from gateway.protocol.headers import REQUEST_ID
from gateway.protocol.http1 import PLAIN, request_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.memory import Memory

_VALUE: Final = re.compile(rb"[\t -<>-~\x80-\xff]*+(?:(?<!token)=[\t -<>-~\x80-\xff]*+)*")
"""What `http1` takes for a value, without what `foreign` looks for."""
_JUDGES: Final[dict[bytes, Callable[[bytes], object]]] = {
    PLAIN: _VALUE.fullmatch,
    b"content-length": bytes.isdigit,
    b"x-request-id": REQUEST_ID.fullmatch,
}


class Shape:
    """`lines` are those of a head, the version in place of the first; `holes` are the numbers of
    those whose values differ."""

    __slots__ = ("_slots", "first", "forms", "holes", "key", "kinds", "lines", "places")

    def __init__(
        self, lines: Sequence[bytes], holes: frozenset[int], forms: Memory[Any, Any]
    ) -> None:
        self.lines = lines
        self.holes = holes
        self.forms = forms
        """What is made of heads of this shape, by their `key`."""
        self.kinds = [b"", *map(request_kind, lines[1:])]
        """By line; the first is none."""
        self.places = {number: place for place, number in enumerate(sorted(holes))}
        """Where the value of a hole stands among those of a head."""
        self.key = self._keyed()
        """The values on which a plan depends, of all values; None: on none."""
        self.first, self._slots = self._cut()

    def _keyed(self) -> Callable[[list[bytes]], Any] | None:
        special = [self.places[n] for n in self.places if self.kinds[n] not in _JUDGES]
        return itemgetter(*special) if special else None

    def place_of(self, kind: bytes) -> int:
        """Where the value of the only field of this kind stands; -1 when that is in no hole."""
        return next((self.places[n] for n in self.places if self.kinds[n] == kind), -1)

    def beginning(self, number: int) -> bytes:
        """What is before the value in the line of a hole."""
        name, value = parts(self.lines[number])
        return name + value[: len(value) - len(value.lstrip(b" \t"))]

    def _cut(self) -> tuple[bytes, list[tuple[Callable[[bytes], object], bytes, int]]]:
        """What is before the first hole; how the value of each is judged, and what is behind it."""
        texts, judges, text = [], [], b""
        for number, line in enumerate(self.lines):
            if number in self.holes:
                texts.append(text + self.beginning(number))
                judges.append(_JUDGES.get(self.kinds[number], len))  # any: it is looked up
                text = b"\r\n"
            else:
                text += line + b"\r\n"
        first, *rest = [*texts, text + b"\r\n"]
        return first, list(zip(judges, rest, map(len, rest), strict=True))

    def values(self, raw: bytes, start: int) -> list[bytes] | None:
        """What stands in the holes of the head `raw`, in which `first` ends at `start`; None when
        it is of another shape, or a value is one that must be looked at closely. An empty line ends
        a shape as it does a head, so that nothing can follow."""
        found = []
        for judge, text, length in self._slots:
            end = raw.find(b"\r", start)
            value = raw[start:end]
            start = end + length
            if not judge(value) or raw[end:start] != text:
                return None
            found.append(value)
        return found

    def differing(self, lines: Sequence[bytes]) -> frozenset[int] | None:
        """The numbers of those of `lines` that are not as in this shape, holes left out; None when
        other fields stand there."""
        if len(lines) != len(self.lines) or lines[0] != self.lines[0]:
            return None
        found = [number for number, line in enumerate(lines) if line != self.lines[number]]
        if any(not lines[number].startswith(parts(self.lines[number])[0]) for number in found):
            return None
        return frozenset(found) - self.holes


def parts(line: bytes) -> tuple[bytes, bytes]:
    """Name with colon, and value as it came."""
    colon = line.find(b":") + 1
    return line[:colon], line[colon:]
