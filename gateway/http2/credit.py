"""What a client may still send, of the connection and of each stream (RFC 9113, section 5.2).

A stream is given credit for what was handed over, while it is read; the connection, for what is
kept here no more, so that a stream that is not read keeps others waiting only when many are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.http2.frames import (
    FLOW_CONTROL_ERROR,
    ConnectionFaultError,
    StreamFaultError,
    window_update,
)

if TYPE_CHECKING:
    from gateway.http2.stream import Stream

OF_STREAM: Final = 256 * 1024
"""Bytes that a client may send on one stream before it hears that some were handed over."""
OF_CONNECTION: Final = 1024 * 1024
"""The same of all streams of a connection together."""


class Credit:
    """One connection's. Methods that give some answer a frame for the client, or nothing."""

    __slots__ = ("_left", "_owed")

    def __init__(self) -> None:
        self._left = OF_CONNECTION
        self._owed = 0

    def spend(self, count: int) -> None:
        """DATA came; raises ConnectionFaultError when it is more than was allowed."""
        self._left -= count
        if self._left < 0:
            raise ConnectionFaultError(FLOW_CONTROL_ERROR, "more than the connection's window")

    def spend_of(self, stream: Stream, count: int) -> None:
        """The same for its stream; raises StreamFaultError."""
        stream.credit -= count
        if stream.credit < 0:
            raise StreamFaultError(FLOW_CONTROL_ERROR, "more than the stream's window")

    def kept_no_more(self, count: int) -> bytes:
        """`count` bytes that came are not kept any more."""
        self._owed += count
        if self._owed < OF_CONNECTION // 2:
            return b""
        owed, self._owed = self._owed, 0
        self._left += owed
        return window_update(0, owed)

    def handed_over(self, stream: Stream) -> bytes:
        """Some of `stream` may have been handed over."""
        if stream.owed < OF_STREAM // 2 or not stream.reading:
            return b""
        owed, stream.owed = stream.owed, 0
        stream.credit += owed
        return window_update(stream.number, owed)
