"""Logs while they are written: chunks in, new lines out, pages of several pods. Pure.

Used by `log_follow`, which may have to open a log again: after a broken connection, or because the
container was started anew. Kubernetes then gives all lines from a second on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.management.answers import log_cursor, log_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.management.answers.log_cursor import Cursor, Position
    from gateway.management.answers.log_lines import Line, Moment

LONGEST: Final = 32 * 1024
"""Bytes of a line; what is longer is given in pieces, so that no pod fills our memory."""


class LineReader:
    """`feed` chunks as they come; `position` is where the reading before ended."""

    def __init__(self, position: Position | None) -> None:
        self._position = position
        self._again = position.given if position else 0
        self._held = b""
        self._last: Moment = ("", "")

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """The new lines that `chunk` completes."""
        *whole, self._held = (self._held + chunk).split(b"\n")
        if len(self._held) > LONGEST:
            whole.append(self._held)
            self._held = b""
        yield from self._fresh(whole)

    def end(self) -> Iterator[Line]:
        """The rest once the log has ended, which a connection that broke within a line does not."""
        yield from self._fresh([self._held] if self._held else [])
        self._held = b""

    def _fresh(self, raw: list[bytes]) -> Iterator[Line]:
        for one in raw:
            line = log_lines.read(one.decode("utf-8", "replace"), self._last)
            self._last = line.moment
            if not self._given(line):
                yield line

    def _given(self, line: Line) -> bool:
        if self._position is None or line.moment > self._position.moment:
            return False
        if line.moment < self._position.moment:
            return True
        self._again -= 1
        return self._again >= 0


def page(taken: Sequence[tuple[str, Line]], given: dict[str, Position]) -> dict[str, Any]:
    """The lines `taken` of several pods in the order of time, in which those of one pod keep
    theirs; `given` is brought up to the end of the page, which is its cursor."""
    ordered = log_lines.mixed(taken)
    for pod, line in ordered:
        given |= moved(given, pod, line)
    return {
        "entries": [
            {"timestamp": line.time, "message": line.text, "pod": pod} for pod, line in ordered
        ],
        "next": log_cursor.encode(given),
    }


def moved(known: Cursor, pod: str, line: Line) -> dict[str, Position]:
    """Where the log of `pod` stands after `line`."""
    position = log_cursor.moved(known.get(pod), [line])
    return {} if position is None else {pod: position}
