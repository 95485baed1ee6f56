"""Where a body ends (RFC 9112, section 6), in one pass and with as few copies as can be.

`feed` takes bytes as they came from one side and answers the bytes for the other: mostly the very
same object. Framing is checked as it passes, and anything two readers could take differently
raises ProtocolError.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from gateway.protocol.http1 import ProtocolError, tokens

CHUNKED: Final = -1
CLOSE: Final = -2
"""Lengths of a body that is chunked, and of one that ends with its connection."""

_LENGTH = re.compile(rb"[0-9]{1,18}")
_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_QUOTED: Final = rb'"(?:[\t !#-\[\]-~]|\\[\t -~])*+"'
_EXTENSION: Final = b"(?:;" + _TOKEN + b"(?:=(?:" + _TOKEN + b"|" + _QUOTED + b"))?)"
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})" + _EXTENSION + rb"*+\r\n")
_TRAILER = re.compile(
    rb"(?!(?i:content-length|transfer-encoding|host):)" + _TOKEN + rb":[^\x00-\x08\x0a-\x1f\x7f]*"
)

LONGEST_SIZE_LINE: Final = 300
LONGEST_EXTENSIONS: Final = 16 * 1024
LONGEST_TRAILERS: Final = 8 * 1024


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
    size: int
    """Bytes of content so far, without framing."""

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on for `data`; raises ProtocolError."""


class LengthBody:
    """A body of known length."""

    __slots__ = ("_left", "done", "excess", "size")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0
        self.excess = b""
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

    __slots__ = ("_chunked", "done", "excess", "size")

    def __init__(self, *, chunked: bool) -> None:
        self._chunked = chunked
        self.done = False
        self.excess = b""
        self.size = 0

    def feed(self, data: bytes) -> bytes:
        self.size += len(data)
        return b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data

    def ended(self) -> bytes:
        """The connection ended cleanly: what is to be sent last."""
        self.done = True
        return b"0\r\n\r\n" if self._chunked else b""


_LINE, _DATA, _DATA_END, _TRAILERS = range(4)


class ChunkedBody:
    """A chunked body. Chunks keep their borders; extensions and trailers are checked and dropped.

    `bare` passes content only, for an HTTP/1.0 reader.
    """

    __slots__ = (
        "_bare",
        "_extensions",
        "_held",
        "_kept",
        "_left",
        "_pieces",
        "_state",
        "_trailers",
        "done",
        "excess",
        "size",
    )

    def __init__(self, *, bare: bool = False) -> None:
        self._bare = bare
        self._state = _LINE
        self._left = 0
        self._held = b""
        self._pieces: list[bytes] = []
        self._kept = 0
        """Where the span begins that is passed on as it came."""
        self._extensions = 0
        self._trailers = 0
        self.done = False
        self.excess = b""
        self.size = 0

    def feed(self, data: bytes) -> bytes:
        if self._state == _DATA and len(data) <= self._left:
            self._take(len(data))
            return data
        if self._held:
            data, self._held = self._held + data, b""
        self._kept = 0
        at = self._walk(data)
        if self.done:
            self.excess = data[at:]
        else:
            self._held = data[at:]
        if self._kept == 0 and at == len(data):
            return data
        self._cut(data, at, at)
        passed, self._pieces = b"".join(self._pieces), []
        return passed

    def _walk(self, data: bytes) -> int:
        """Go over `data` to the end of the body, or to a line that is not complete."""
        at, end = 0, len(data)
        while at < end and not self.done:
            state = self._state
            if state == _DATA:
                step = min(self._left, end - at)
                self._take(step)
            elif state == _LINE:
                step = self._line(data, at)
            elif state == _DATA_END:
                step = self._data_end(data, at)
            else:
                step = self._trailer(data, at)
            if not step:
                break
            at += step
        return at

    def _take(self, count: int) -> None:
        self._left -= count
        self.size += count
        if not self._left:
            self._state = _DATA_END

    def _cut(self, data: bytes, start: int, end: int) -> None:
        """Leave `data[start:end]` out of what is passed on."""
        if start > self._kept:
            self._pieces.append(data[self._kept : start])
        self._kept = end

    def _line(self, data: bytes, at: int) -> int:
        """Take a size line; answers its length, 0 when it is not complete."""
        match = _SIZE.match(data, at)
        if match is None:
            rest = data[at : at + LONGEST_SIZE_LINE]
            if len(rest) == LONGEST_SIZE_LINE or not _BEGINNING.fullmatch(rest):
                raise ProtocolError("a chunk's size line is not valid")
            return 0
        end = match.end()
        size_end = match.end(1)
        if end - size_end > 2:
            self._extensions += end - size_end
            if end - at > LONGEST_SIZE_LINE or self._extensions > LONGEST_EXTENSIONS:
                raise ProtocolError("chunk extensions are too long")
            if not self._bare:
                self._cut(data, size_end, end - 2)
        self._left = int(match[1], 16)
        self._state = _DATA if self._left else _TRAILERS
        if self._bare:
            self._cut(data, at, end)
        return end - at

    def _data_end(self, data: bytes, at: int) -> int:
        ending = data[at : at + 2]
        if ending == b"\r\n":
            self._state = _LINE
            if self._bare:
                self._cut(data, at, at + 2)
            return 2
        if ending != b"\r":
            raise ProtocolError("a chunk is longer than its size")
        return 0

    def _trailer(self, data: bytes, at: int) -> int:
        end = data.find(b"\r\n", at)
        length = (len(data) if end < 0 else end) - at
        self._trailers += length
        if self._trailers > LONGEST_TRAILERS:
            raise ProtocolError("trailers are too long")
        if end < 0:
            self._trailers -= length
            return 0
        if length and _TRAILER.fullmatch(data, at, end) is None:
            raise ProtocolError("a trailer field is not valid")
        self.done = not length
        if length or self._bare:
            self._cut(data, at, end + 2)
        return length + 2


_BEGINNING = re.compile(rb"[0-9a-fA-F]{1,15}(?:;[\t -~]*)?\r?")


def response_body(length: int, *, modern: bool) -> LengthBody | ChunkedBody | CloseBody:
    """The body of a response for a reader that knows chunks (`modern`: HTTP/1.1) or does not."""
    if length >= 0:
        return LengthBody(length)
    if length == CHUNKED:
        return ChunkedBody(bare=not modern)
    return CloseBody(chunked=modern)
