"""Where a body ends (RFC 9112, section 6), in one pass and with as few copies as can be.

`feed` takes bytes as they came from one side and answers the bytes for the other: mostly the very
same object. Framing is checked as it passes, and anything two readers could take differently
raises ProtocolError.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from gateway.protocol.chunked import LenientChunkedBody, chunk
from gateway.protocol.http1 import ProtocolError, tokens

CHUNKED: Final = -1
CLOSE: Final = -2
"""Lengths of a body that is chunked, and of one that ends with its connection."""

DIGITS: Final = 18
"""Of a Content-Length, at most."""
_LENGTH = re.compile(rb"[0-9]{1,%d}" % DIGITS)


def response_length(special: dict[bytes, bytes], minor: int) -> int:
    """Bytes of a response's body, CHUNKED or CLOSE, for a response that may have a body."""
    coding = special.get(b"transfer-encoding")
    length = special.get(b"content-length")
    if coding is None:
        return CLOSE if length is None else parse_length(length)
    if length is not None:
        raise ProtocolError("both Content-Length and Transfer-Encoding")
    check_coding(coding, minor)
    return CHUNKED


def parse_length(value: bytes) -> int:
    """The value of Content-Length: digits only, so no sign, no list and no second opinion."""
    if _LENGTH.fullmatch(value) is None:
        raise ProtocolError("Content-Length is not one number")
    return int(value)


def check_coding(coding: bytes, minor: int) -> None:
    """Raise ProtocolError unless Transfer-Encoding is exactly `chunked`, in HTTP/1.1."""
    if coding.lower() == b"chunked" and minor == 1:
        return
    if minor == 0:
        raise ProtocolError("Transfer-Encoding in an HTTP/1.0 message")
    names = tokens(coding)
    if names[-1:] == [b"chunked"] and names.count(b"chunked") == 1:
        raise ProtocolError("a transfer coding other than chunked", "not_implemented")
    raise ProtocolError("Transfer-Encoding is not 'chunked'")


class Body(Protocol):
    """A body on its way."""

    done: bool
    """The last byte has been fed."""
    excess: bytes
    """What was fed beyond the last byte."""
    odd: bool
    """Its framing was understood, but is not as it should be: the connection is not used again."""
    size: int
    """Bytes of content so far, without framing."""

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on for `data`; raises ProtocolError."""


class LengthBody:
    """A body of known length."""

    __slots__ = ("_left", "done", "excess", "odd", "size")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0
        self.excess = b""
        self.odd = False
        self.size = 0

    def feed(self, data: bytes) -> bytes:
        count = len(data)
        if count > self._left:
            self.excess = data[self._left :]
            data = data[: self._left]
            count = self._left
        self._left -= count
        self.size += count
        if not self._left:
            self.done = True
        return data


class CloseBody:
    """A body that ends with its connection; passed on as chunks to a reader that knows them."""

    __slots__ = ("_chunked", "done", "excess", "odd", "size")

    def __init__(self, *, chunked: bool) -> None:
        self._chunked = chunked
        self.done = False
        self.excess = b""
        self.odd = False
        self.size = 0

    def feed(self, data: bytes) -> bytes:
        self.size += len(data)
        return chunk(data) if self._chunked else data

    def ended(self) -> bytes:
        """The connection ended cleanly: what is to be sent last."""
        self.done = True
        return b"0\r\n\r\n" if self._chunked else b""


def response_body(
    length: int, *, modern: bool, trailers: bool = False
) -> LengthBody | LenientChunkedBody | CloseBody:
    """The body of a response for a reader that knows chunks (`modern`: HTTP/1.1) or does not, and
    one that is given `trailers` or not."""
    if length >= 0:
        return LengthBody(length)
    if length == CHUNKED:
        return LenientChunkedBody(bare=not modern, trailers=trailers)
    return CloseBody(chunked=modern)
