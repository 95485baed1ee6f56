"""SPDY frames: every sequence is read whole and byte by byte, and nothing grows without bound."""

from __future__ import annotations

import struct
import zlib

import pytest

from shared.embedded.streaming import spdy_frames as frames
from shared.embedded.streaming.spdy_dictionary import DICTIONARY
from shared.embedded.streaming.spdy_frames import Data, Frame, Ping, Reset, SpdyError, SynStream

HEADERS = {"streamtype": "data", "port": "8080", "requestid": "0"}


def test_the_dictionary_is_the_published_one() -> None:
    assert (len(DICTIONARY), zlib.adler32(DICTIONARY)) == (1423, 0xE3C6A7C2)


def conversation() -> tuple[bytes, list[Frame]]:
    """Bytes of a client, and what they say (data frames not joined)."""
    out = frames.Headers()
    settings = struct.pack(">II", 1 << 31 | 3 << 16 | 4, 4) + struct.pack(">I", 0)
    window = struct.pack(">II", 1 << 31 | 3 << 16 | 9, 8) + struct.pack(">II", 1, 65536)
    text = (
        settings
        + out.syn_stream(1, HEADERS, fin=True)
        + out.syn_reply(2, {"a": "b"})  # left out, but its headers are part of the compression
        + window
        + out.syn_stream(3, {"StreamType": "error"})
        + frames.data(3, b"hello")
        + frames.ping(7)
        + frames.data(3, b"", fin=True)
        + frames.reset(1, frames.CANCEL)
        + frames.go_away(3)
    )
    return text, [
        SynStream(1, HEADERS, fin=True),
        SynStream(3, {"streamtype": "error"}),
        Data(3, b"hello"),
        Ping(7),
        Data(3, b"", fin=True),
        Reset(1, frames.CANCEL),
    ]


def joined(found: list[Frame]) -> list[Frame]:
    """With the parts of one data frame put together."""
    out: list[Frame] = []
    for frame in found:
        last = out[-1] if out else None
        if isinstance(frame, Data) and isinstance(last, Data) and frame.data and last.data:
            out[-1] = Data(frame.stream, last.data + frame.data, frame.fin)
        else:
            out.append(frame)
    return out


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_frames_are_cut_wherever_the_bytes_are_split(size: int) -> None:
    text, expected = conversation()
    reader = frames.Reader()
    found = [
        frame
        for start in range(0, len(text), size)
        for frame in reader.feed(text[start : start + size])
    ]
    assert joined(found) == expected


def test_a_large_data_frame_is_given_as_it_comes() -> None:
    reader = frames.Reader()
    whole = frames.data(5, bytes(1 << 20), fin=True)
    (first,) = reader.feed(whole[:100_000])
    assert first == Data(5, bytes(100_000 - 8))
    (rest,) = reader.feed(whole[100_000:])
    assert rest == Data(5, bytes((1 << 20) + 8 - 100_000), fin=True)


def control(kind: int, body: bytes, version: int = 3) -> bytes:
    return struct.pack(">II", 1 << 31 | version << 16 | kind, len(body)) + body


def block(text: bytes) -> bytes:
    pack = zlib.compressobj(zdict=DICTIONARY)
    return b"\0" * 10 + pack.compress(text) + pack.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (control(1, b"", version=2), "version 2"),
        (control(1, b"\0\0"), "shorter"),
        (control(1, b"\0" * 10 + b"nonsense"), "cannot be unpacked"),
        (control(1, block(bytes(100_000))), "larger than"),
        (control(1, block(struct.pack(">II", 1, 99) + b"name")), "longer than its block"),
        (control(1, block(b"")), "shorter"),
        (struct.pack(">II", 1 << 31 | 3 << 16 | 1, 1 << 20), "too large"),
    ],
)
def test_what_is_no_spdy_is_said(text: bytes, message: str) -> None:
    with pytest.raises(SpdyError, match=message):
        list(frames.Reader().feed(text))
