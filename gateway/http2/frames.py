"""Frames of HTTP/2: cut out of bytes, and made (RFC 9113, sections 4 and 6). Pure."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client sends first (section 3.4)."""
BEGINNING: Final = PREFACE[:18]
"""As much of it as looks like a head of HTTP/1.1."""

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
"""Kinds of frames; a receiver ignores others (section 4.1)."""

END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
WITH_PRIORITY: Final = 0x20
"""Flags."""

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = range(1, 5)
MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 5, 6
ENABLE_CONNECT_PROTOCOL: Final = 8
"""Settings (section 6.5.2; RFC 8441, section 3)."""

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT = range(5)
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR = range(5, 10)
CONNECT_ERROR, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY, HTTP_1_1_REQUIRED = range(10, 14)
"""Error codes (section 7)."""

FRAME: Final = 16_384
"""Bytes of the largest payload that everybody takes; we announce no other."""
WINDOW: Final = 65_535
"""Bytes of a window nobody has spoken of."""
LARGEST_WINDOW: Final = 2**31 - 1
LAST: Final = 2**31 - 1
"""The highest number of a stream."""

Frame = tuple[int, int, int, bytes]
"""Kind, flags, stream, payload."""

_HEAD: Final = Struct(">HBBBL")
_SETTING: Final = Struct(">HL")
_WORD: Final = Struct(">L")
_TWO_WORDS: Final = Struct(">LL")


class ConnectionFaultError(Exception):
    """The connection must end: `code` goes into GOAWAY, `detail` says why."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class StreamFaultError(Exception):
    """One stream must end: `code` goes into its RST_STREAM, `detail` says why."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def make(kind: int, flags: int, stream: int, payload: bytes | bytearray = b"") -> bytes:
    """A whole frame."""
    size = len(payload)
    return _HEAD.pack(size >> 8, size & 255, kind, flags, stream) + payload


def reset(stream: int, code: int) -> bytes:
    """RST_STREAM."""
    return make(RST_STREAM, 0, stream, _WORD.pack(code))


def goaway(last: int, code: int, detail: str = "") -> bytes:
    """GOAWAY: streams above `last` were not looked at."""
    return make(GOAWAY, 0, 0, _TWO_WORDS.pack(last, code) + detail.encode("ascii", "replace"))


def window_update(stream: int, count: int) -> bytes:
    """WINDOW_UPDATE: `count` bytes more may come, of the connection if `stream` is 0."""
    return make(WINDOW_UPDATE, 0, stream, _WORD.pack(count))


def settings(values: dict[int, int]) -> bytes:
    """SETTINGS."""
    return make(SETTINGS, 0, 0, b"".join(_SETTING.pack(*item) for item in values.items()))


def header_frames(stream: int, block: bytes, flags: int, largest: int = FRAME) -> bytes:
    """HEADERS of a whole block, and CONTINUATION where it is longer than a frame."""
    if len(block) <= largest:
        return make(HEADERS, flags | END_HEADERS, stream, block)
    parts = [make(HEADERS, flags, stream, block[:largest])]
    for start in range(largest, len(block), largest):
        end = END_HEADERS if start + largest >= len(block) else 0
        parts.append(make(CONTINUATION, end, stream, block[start : start + largest]))
    return b"".join(parts)


def word(payload: bytes, at: int = 0) -> int:
    """The number of 31 bits at `at`; the bit before it is reserved."""
    number: int = _WORD.unpack_from(payload, at)[0]
    return number & 0x7FFF_FFFF


def code_of(payload: bytes, at: int = 0) -> int:
    """The error code at `at`."""
    number: int = _WORD.unpack_from(payload, at)[0]
    return number


def parsed_settings(payload: bytes) -> list[tuple[int, int]]:
    """What SETTINGS hold, checked as far as one value can be (section 6.5.2); raises
    ConnectionFaultError."""
    if len(payload) % 6:
        raise ConnectionFaultError(FRAME_SIZE_ERROR, "SETTINGS are not of 6 bytes each")
    found = list(_SETTING.iter_unpack(payload))
    for name, value in found:
        if name == INITIAL_WINDOW_SIZE and value > LARGEST_WINDOW:
            raise ConnectionFaultError(
                FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE is too large"
            )
        if name == MAX_FRAME_SIZE and not FRAME <= value < 1 << 24:
            raise ConnectionFaultError(PROTOCOL_ERROR, "SETTINGS_MAX_FRAME_SIZE is out of bounds")
        if name in (ENABLE_PUSH, ENABLE_CONNECT_PROTOCOL) and value > 1:
            raise ConnectionFaultError(PROTOCOL_ERROR, "a setting that is 0 or 1 is neither")
    return found


def unpadded(flags: int, payload: bytes) -> bytes:
    """The payload of DATA or HEADERS without padding (section 6.1)."""
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ConnectionFaultError(PROTOCOL_ERROR, "there is more padding than payload")
    return payload[1 : len(payload) - payload[0]]


class Cutter:
    """Cuts frames out of bytes as they come."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held = b""
        """The beginning of a frame that is not complete: less than the largest frame."""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete with `data`; raises ConnectionFaultError for one that is too
        large, when those before it have been taken."""
        if self.held:
            data, self.held = self.held + data, b""
        at, size = 0, len(data)
        while size - at >= 9:
            high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
            length = high << 8 | low
            if length > FRAME:
                raise ConnectionFaultError(FRAME_SIZE_ERROR, f"a frame of {length} bytes")
            end = at + 9 + length
            if end > size:
                break
            yield kind, flags, stream & 0x7FFF_FFFF, data[at + 9 : end]
            at = end
        self.held = data[at:]
