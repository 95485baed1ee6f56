"""SPDY/3.1 frames as bytes in, values out, as far as Kubernetes' streams use them. Pure.

Used by `spdy`, which knows what the frames of a connection mean together; this file knows neither
connections nor sockets. Source: "SPDY Protocol - Draft 3.1", 2.2 and 2.6. Nobody who speaks it
today (moby/spdystream, the library of kubectl and the kubelet) has its flow control: windows are
neither sent nor waited for, and who reads slowly holds the whole connection back.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.embedded.streaming.spdy_dictionary import DICTIONARY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION: Final = 3
LARGEST_CONTROL: Final = 64 * 1024
"""Bytes of a control frame, and of a header block when it is unpacked."""
FIN: Final = 1
PROTOCOL_ERROR: Final = 1
REFUSED_STREAM: Final = 3
CANCEL: Final = 5

_SYN_STREAM: Final = 1
_SYN_REPLY: Final = 2
_RST_STREAM: Final = 3
_PING: Final = 6
_GOAWAY: Final = 7
_HEAD: Final = struct.Struct(">II")
_NUMBER: Final = struct.Struct(">I")
_ID: Final = 0x7FFFFFFF


class SpdyError(ValueError):
    """The bytes are no SPDY that can be gone on with; the message says why."""


class SynStream(NamedTuple):
    """The other side opens a stream; `fin`: and has nothing to send on it."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False


class Data(NamedTuple):
    """A piece of a stream: a frame that is not whole yet is given in parts."""

    stream: int
    data: bytes
    fin: bool = False


class Reset(NamedTuple):
    """The other side wants no more of a stream."""

    stream: int
    status: int


class Ping(NamedTuple):
    """To be sent back as it is."""

    number: int


Frame = SynStream | Data | Reset | Ping


class Reader:
    """Cuts bytes into frames. Those that ask for nothing are left out: settings, windows, and
    GOAWAY, after which the other side closes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._stream = 0
        self._left = 0  # bytes of the data frame that has begun
        self._fin = False
        self._unpack = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes, and what it holds of one that it does not. Raises
        SpdyError, after which nothing more can be read."""
        self._buffer += data
        while self._buffer:
            if self._left:
                yield self._piece()
                continue
            if len(self._buffer) < _HEAD.size:
                return
            first, second = _HEAD.unpack_from(self._buffer)
            flags, length = second >> 24, second & 0xFFFFFF
            if first >> 31:
                if length > LARGEST_CONTROL:
                    raise SpdyError(f"a control frame of {length} bytes is too large")
                if len(self._buffer) < _HEAD.size + length:
                    return
                body = bytes(self._buffer[_HEAD.size : _HEAD.size + length])
                del self._buffer[: _HEAD.size + length]
                frame = self._control(first, flags, body)
                if frame is not None:
                    yield frame
            else:
                del self._buffer[: _HEAD.size]
                self._stream, self._left, self._fin = first & _ID, length, bool(flags & FIN)
                if not length:
                    yield Data(self._stream, b"", self._fin)

    def _piece(self) -> Data:
        piece = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        self._left -= len(piece)
        return Data(self._stream, piece, self._fin and not self._left)

    def _control(self, first: int, flags: int, body: bytes) -> Frame | None:
        if first >> 16 & 0x7FFF != VERSION:
            raise SpdyError(f"version {first >> 16 & 0x7FFF} of SPDY is not spoken here, only 3")
        try:
            match first & 0xFFFF:
                case 1:
                    (stream,) = _NUMBER.unpack_from(body)
                    return SynStream(stream & _ID, self._headers(body[10:]), bool(flags & FIN))
                case 3:
                    stream, status = _HEAD.unpack_from(body)
                    return Reset(stream & _ID, status)
                case 6:
                    return Ping(_NUMBER.unpack_from(body)[0])
                case 2 | 8:  # SYN_REPLY, HEADERS: read only because the next block builds on it
                    self._headers(body[4:])
        except struct.error as error:
            raise SpdyError("a control frame is shorter than its kind") from error
        return None

    def _headers(self, block: bytes) -> dict[str, str]:
        """Header names are in lower case."""
        try:
            text = self._unpack.decompress(block, LARGEST_CONTROL)
        except zlib.error as error:
            raise SpdyError(f"a header block cannot be unpacked: {error}") from error
        if self._unpack.unconsumed_tail:
            raise SpdyError(f"a header block is larger than {LARGEST_CONTROL} bytes")
        (count,), at = _NUMBER.unpack_from(text), _NUMBER.size
        headers = {}
        for _ in range(count):
            name, at = _sized(text, at)
            value, at = _sized(text, at)
            headers[name.lower()] = value
        return headers


def _sized(text: bytes, at: int) -> tuple[str, int]:
    (length,) = _NUMBER.unpack_from(text, at)
    start = at + _NUMBER.size
    if start + length > len(text):
        raise SpdyError("a header is longer than its block")
    return text[start : start + length].decode(errors="replace"), start + length


class Headers:
    """Header blocks of one direction, to be sent in the order in which they were made."""

    def __init__(self) -> None:
        self._pack = zlib.compressobj(zdict=DICTIONARY)

    def syn_stream(self, stream: int, headers: Mapping[str, str], *, fin: bool = False) -> bytes:
        """Open a stream (what clients do)."""
        body = _HEAD.pack(stream, 0) + b"\0\0" + self._block(headers)
        return _control(_SYN_STREAM, body, FIN if fin else 0)

    def syn_reply(self, stream: int, headers: Mapping[str, str]) -> bytes:
        """Take a stream that the other side opened."""
        return _control(_SYN_REPLY, _NUMBER.pack(stream) + self._block(headers))

    def _block(self, headers: Mapping[str, str]) -> bytes:
        text = _NUMBER.pack(len(headers))
        for name, value in headers.items():
            for part in (name.lower().encode(), value.encode()):
                text += _NUMBER.pack(len(part)) + part
        return self._pack.compress(text) + self._pack.flush(zlib.Z_SYNC_FLUSH)


def data(stream: int, content: bytes, *, fin: bool = False) -> bytes:
    """A piece of a stream, at most 2^24 - 1 bytes."""
    return _HEAD.pack(stream, (FIN if fin else 0) << 24 | len(content)) + content


def reset(stream: int, status: int) -> bytes:
    """End a stream both ways."""
    return _control(_RST_STREAM, _HEAD.pack(stream, status))


def ping(number: int) -> bytes:
    return _control(_PING, _NUMBER.pack(number))


def go_away(last: int, status: int = 0) -> bytes:
    """Tell that no stream after `last` is taken; status 1 for a protocol error."""
    return _control(_GOAWAY, _HEAD.pack(last, status))


def _control(kind: int, body: bytes, flags: int = 0) -> bytes:
    return _HEAD.pack(1 << 31 | VERSION << 16 | kind, flags << 24 | len(body)) + body
