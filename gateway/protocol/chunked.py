"""A chunked body on its way (RFC 9112, section 7.1): checked, and passed on with as few copies as
can be.

A request's is read strictly. A pod's may have blanks and zeros in its size lines that no two
readers take differently; they are not passed on. Pure.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.memory import Budget, Memory
from gateway.protocol.http1 import ProtocolError

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_QUOTED: Final = rb'"(?:[\t !#-\[\]-~]|\\[\t -~])*"'
_EXTENSION: Final = b"(?:;" + _TOKEN + b"(?:=(?:" + _TOKEN + b"|" + _QUOTED + b"))?)"
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})" + _EXTENSION + rb"*+\r\n")
_BEGINNING = re.compile(rb"[0-9a-fA-F]{1,15}(?:;[\t -~]*)?\r?")
_FRAMING: Final = rb"(?!(?i:content-length|transfer-encoding|host)[ \t]*:)"
_TEXT: Final = rb":[^\x00-\x08\x0a-\x1f\x7f]*"
_TRAILER = re.compile(_FRAMING + _TOKEN + _TEXT)

_BLANK: Final = rb"[ \t]*+"
_SPACED: Final = (
    b"(?:" + _BLANK + b";" + _BLANK + _TOKEN
    + b"(?:" + _BLANK + b"=" + _BLANK + b"(?:" + _TOKEN + b"|" + _QUOTED + b"))?)"
)  # fmt: skip
_LENIENT_SIZE = re.compile(rb"0*+([0-9a-fA-F]{0,15})" + _SPACED + b"*+" + _BLANK + rb"\r\n")
_LENIENT_BEGINNING = re.compile(rb"[0-9a-fA-F]++[ \t]*+(?:;[\t -~]*)?\r?")
_LENIENT_TRAILER = re.compile(_FRAMING + _TOKEN + _BLANK + _TEXT)

_SMALL: Final = b"|".join(
    b"[%x%X]\\r\\n[\\x00-\\xff]{%d}" % (size, size, size) for size in range(1, 16)
)
_SMALL_CHUNK = re.compile(b"0{0,14}+(" + _SMALL + rb")\r\n")
_SMALL_CHUNKS = re.compile(b"(?:0{0,14}+(?:" + _SMALL + rb")\r\n)+")
"""A run of chunks of less than 16 bytes, which are many for few bytes: they are counted in C."""

_EVENT: Final = 4096
"""Bytes of the longest piece that is looked at whether it is one whole chunk, as events come."""
_PLAIN_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")
_sizes: Memory[bytes, int] = Memory(1024, Budget(2 * 1024 * 1024), longest=16)
"""What plain size lines say, as they come again and again."""

LONGEST_SIZE_LINE: Final = 300
LONGEST_EXTENSIONS: Final = 16 * 1024
LONGEST_TRAILERS: Final = 8 * 1024

_LINE, _DATA, _DATA_END, _TRAILERS = range(4)

_NO_TRAILERS: Final = frozenset(
    b"accept-encoding age alt-svc authorization cache-control clear-site-data connection "
    b"content-encoding content-length "
    b"content-range content-type cookie date expect expires forwarded host if-match "
    b"if-modified-since if-none-match if-range if-unmodified-since keep-alive location "
    b"max-forwards nel pragma proxy-authenticate proxy-authentication-info proxy-authorization "
    b"proxy-connection range retry-after set-cookie te trailer transfer-encoding upgrade vary "
    b"via warning www-authenticate x-gateway-error x-real-ip x-request-id".split()
)
"""Fields that mean something before the content, or to a proxy, and are believed nowhere after it:
of framing, routing, credentials, caches, and of the connection (RFC 9110, section 6.5.1)."""


def is_trailer(line: bytes) -> bool:
    """Whether the field `line` may pass after a body. CGI-like applications take `_` for `-`."""
    name = line.partition(b":")[0].lower().replace(b"_", b"-")
    spaced = name[-1:] in b" \t"
    return not spaced and name not in _NO_TRAILERS and not name.startswith(b"x-forwarded-")


def chunk(data: bytes) -> bytes:
    """`data`, which is not empty, as a chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class ChunkedBody:
    """A chunked body. Chunks keep their borders; extensions and trailers are checked and dropped.

    `bare` passes content only, for an HTTP/1.0 reader. `trailers` keeps those that may pass, for a
    reader who knows what to do with them; they are `fields` as well.
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
        "fields",
        "odd",
        "size",
    )

    _grammar = _TRAILER

    def __init__(self, *, bare: bool = False, trailers: bool = False) -> None:
        self._bare = bare
        self.fields: list[bytes] | None = [] if trailers else None
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
        self.odd = False
        self.size = 0

    def feed(self, data: bytes) -> bytes:
        if self._state == _LINE and len(data) <= _EVENT and not self._held:
            line, _, rest = data.partition(b"\r\n")
            size = _sizes.get(line) or _plain_size(line)
            if size and len(rest) == size + 2 and rest.endswith(b"\r\n"):
                self.size += size
                return rest[:-2] if self._bare else data
        elif self._state == _DATA and len(data) <= self._left:
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
            return self._odd_line(data, at)
        end = match.end()
        size_end = match.end(1)
        if end - size_end > 2:
            self._extend(end - at, end - size_end)
            if not self._bare:
                self._cut(data, size_end, end - 2)
        size = int(match[1], 16)
        if self._bare:
            self._cut(data, at, end)
        elif 0 < size < 16:
            run = self._run(data, at)
            if run:
                return run
        elif size and data[end + size : end + size + 2] == b"\r\n":  # all of it is here
            self.size += size
            return end + size + 2 - at
        self._left = size
        self._state = _DATA if size else _TRAILERS
        return end - at

    def _run(self, data: bytes, at: int) -> int:
        """Take whole small chunks; answers the length of all, 0 when the first is not whole."""
        found = _SMALL_CHUNKS.match(data, at)
        if found is None:
            return 0
        chunks = _SMALL_CHUNK.findall(data, at, found.end())
        self.size += sum(map(len, chunks)) - 3 * len(chunks)  # each with its digit and CRLF
        return found.end() - at

    def _extend(self, line: int, extensions: int) -> None:
        self._extensions += extensions
        if line > LONGEST_SIZE_LINE or self._extensions > LONGEST_EXTENSIONS:
            raise ProtocolError("chunk extensions are too long")

    def _odd_line(self, data: bytes, at: int) -> int:
        """What is no whole size line is the beginning of one, or an error."""
        return self._hopeful(data, at, _BEGINNING)

    def _hopeful(self, data: bytes, at: int, beginning: re.Pattern[bytes]) -> int:
        rest = data[at : at + LONGEST_SIZE_LINE]
        if len(rest) == LONGEST_SIZE_LINE or not beginning.fullmatch(rest):
            raise ProtocolError("a chunk's size line is not valid")
        return 0

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
        if length and self._grammar.fullmatch(data, at, end) is None:
            raise ProtocolError("a trailer field is not valid")
        self.done = not length
        passes = length > 0 and self._passes(data[at:end])
        if self._bare or (length and not passes):
            self._cut(data, at, end + 2)
        return length + 2

    def _passes(self, line: bytes) -> bool:
        """Whether a trailer field is kept."""
        if self.fields is None or not is_trailer(line):
            return False
        self.fields.append(line)
        return True


def _plain_size(line: bytes) -> int:
    """What a plain size line says, from now on known; 0 for any other."""
    if _PLAIN_SIZE.fullmatch(line) is None:
        return 0
    size = int(line, 16)
    _sizes.remember(line, size, len(line))
    return size


class LenientChunkedBody(ChunkedBody):
    """A pod's chunked body, in whose size lines blanks may stand where the grammar has BWS and at
    the end (RFC 9112, section 7.1.1), and more zeros than a size has digits. nginx and HAProxy take
    both. The client gets the bare size."""

    __slots__ = ()
    _grammar = _LENIENT_TRAILER

    def _odd_line(self, data: bytes, at: int) -> int:
        match = _LENIENT_SIZE.match(data, at)
        if match is None or data[at : at + 1] not in _DIGITS:
            return self._hopeful(data, at, _LENIENT_BEGINNING)
        self.odd = True
        end = match.end()
        self._extend(end - at, end - at)
        size = self._left = int(match[1] or b"0", 16)
        self._state = _DATA if size else _TRAILERS
        self._cut(data, at, end)
        if not self._bare:
            self._pieces.append(b"%x\r\n" % size)
        return end - at


_DIGITS: Final = frozenset(b"%c" % digit for digit in b"0123456789abcdefABCDEF")
