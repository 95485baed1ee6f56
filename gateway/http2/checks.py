"""What a frame says, checked as far as it can be on its own (RFC 9113, section 6). Pure.

Each function raises a fault of the connection, or of the stream where only that is hurt.
"""

from __future__ import annotations

from gateway.http2 import frames
from gateway.http2.frames import (
    ACK,
    FRAME_SIZE_ERROR,
    PROTOCOL_ERROR,
    ConnectionFaultError,
    StreamFaultError,
)


def priority(number: int, payload: bytes) -> None:
    """PRIORITY, which nobody follows any more."""
    if not number:
        raise ConnectionFaultError(PROTOCOL_ERROR, "PRIORITY of no stream")
    if len(payload) != 5:
        raise StreamFaultError(FRAME_SIZE_ERROR, "PRIORITY is not of 5 bytes")
    if frames.word(payload) == number:
        raise StreamFaultError(PROTOCOL_ERROR, "a stream that depends on itself")


def reset(payload: bytes) -> None:
    """RST_STREAM."""
    sized(payload, 4, "RST_STREAM")


def settings(flags: int, number: int, payload: bytes) -> dict[int, int] | None:
    """The last value of each setting; None for an acknowledgement."""
    if number:
        raise ConnectionFaultError(PROTOCOL_ERROR, "SETTINGS of a stream")
    if flags & ACK:
        sized(payload, 0, "the acknowledgement of SETTINGS")
        return None
    return dict(frames.parsed_settings(payload))


def ping(flags: int, number: int, payload: bytes) -> bytes:
    """What a PING is to be answered with; nothing for an answer."""
    sized(payload, 8, "PING")
    if number:
        raise ConnectionFaultError(PROTOCOL_ERROR, "PING of a stream")
    return b"" if flags & ACK else frames.make(frames.PING, ACK, 0, payload)


def goaway(number: int, payload: bytes) -> None:
    """GOAWAY."""
    if number:
        raise ConnectionFaultError(PROTOCOL_ERROR, "GOAWAY of a stream")
    if len(payload) < 8:
        raise ConnectionFaultError(FRAME_SIZE_ERROR, "GOAWAY is too short")


def window_update(number: int, payload: bytes) -> int:
    """By how much a window grows."""
    sized(payload, 4, "WINDOW_UPDATE")
    count = frames.word(payload)
    if count:
        return count
    if number:
        raise StreamFaultError(PROTOCOL_ERROR, "a stream's window grows by nothing")
    raise ConnectionFaultError(PROTOCOL_ERROR, "the connection's window grows by nothing")


def sized(payload: bytes, size: int, what: str) -> None:
    """`what` has so many bytes."""
    if len(payload) != size:
        raise ConnectionFaultError(FRAME_SIZE_ERROR, f"{what} is not of {size} bytes")
