"""The streams of one connection: those that are open, how far their numbers have come, and those
that were reset here, of which frames may still be on their way (RFC 9113, section 5.1). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.http2.frames import PROTOCOL_ERROR, ConnectionFaultError

if TYPE_CHECKING:
    from gateway.http2.stream import Stream

REMEMBERED: Final = 256
"""Streams that have ended: twice as many as are open at once."""


class Register(dict[int, "Stream"]):
    """Streams that are open, by their numbers."""

    __slots__ = ("_ended", "last")

    def __init__(self) -> None:
        super().__init__()
        self.last = 0
        """The highest stream that the client has opened."""
        self._ended: dict[int, bool] = {}
        """Those that ended last, and whether by our word."""

    def known(self, number: int) -> Stream | None:
        """The stream of a frame, None when it has ended; raises ConnectionFaultError for one that
        nobody has opened."""
        if not number or number > self.last or not number & 1:
            raise ConnectionFaultError(PROTOCOL_ERROR, "a frame of a stream that is not open")
        return self.get(number)

    def ends(self, number: int, *, by_us: bool) -> Stream | None:
        """`number` ends; `by_us`: its client may not know it yet. The answer is the stream, if it
        was open."""
        self._ended[number] = by_us
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]
        return self.pop(number, None)

    def ended(self, number: int) -> bool:
        """Whether `number` was a stream, and not left out."""
        return number in self._ended

    def forgives(self, number: int) -> bool:
        """Whether what comes of `number` was perhaps sent before its client knew its end."""
        return self._ended.get(number, False)
