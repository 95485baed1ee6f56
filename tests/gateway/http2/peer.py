"""A client of HTTP/2 that says whatever a test wants, frame by frame, and reads by other code than
the gateway's (hyperframe, hpack)."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from struct import pack
from typing import TYPE_CHECKING

from hpack import Decoder, Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.gateway.harness import PREFIX, TIMEOUT

if TYPE_CHECKING:
    from ssl import SSLContext

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, ACKNOWLEDGED = b"\0\0\0\4\0\0\0\0\0", b"\0\0\0\4\1\0\0\0\0"
Fields = list[tuple[str, str]]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame, whatever it says."""
    return pack(">I", len(payload))[1:] + pack(">BBI", kind, flags, stream) + payload


def fields(method: str = "GET", path: str = "/", *more: tuple[str, str]) -> Fields:
    """Those of a request to the service `echo`."""
    pseudo = [(":method", method), (":scheme", "http"), (":authority", "gateway.test")]
    return [*pseudo, (":path", PREFIX.decode() + path), *more]


def block(fields: Fields) -> bytes:
    """A block of fields that neither needs a table nor changes one."""
    out = b""
    for name, value in fields:
        out += b"\0" + _text(name) + _text(value)
    return out


def _text(text: str) -> bytes:
    data = text.encode("latin-1")
    size = len(data)
    if size < 127:
        return bytes((size,)) + data
    size -= 127
    prefix = b"\x7f"
    while size >= 128:
        prefix += bytes((size & 127 | 128,))
        size >>= 7
    return prefix + bytes((size,)) + data


def headers(stream: int, said: Fields | bytes, flags: int = 5) -> bytes:
    """HEADERS; without other flags they are all of the request."""
    return frame(1, flags, stream, said if isinstance(said, bytes) else block(said))


@dataclass
class Answer:
    """What came on one stream."""

    heads: list[dict[str, str]] = field(default_factory=list)
    body: bytes = b""
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.heads[0][":status"])

    @property
    def trailers(self) -> dict[str, str]:
        return self.heads[-1]


class Peer:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.encoder, self.decoder = Encoder(), Decoder()
        self.answers: dict[int, Answer] = {}
        self.settings: dict[int, int] = {}
        self.goaway: GoAwayFrame | None = None
        self.granted: Counter[int] = Counter()
        """What has been said of windows, by stream."""
        self.pongs: list[bytes] = []
        self.acknowledged = 0
        self.ended = False
        self._came: list[Frame] = []

    async def send(self, *data: bytes) -> None:
        """Write each piece on its own; a gateway that has hung up is no error here."""
        for piece in data:
            with suppress(ConnectionError):
                self.writer.write(piece)
                await self.writer.drain()

    async def next(self) -> Frame | None:
        """The next frame; None at the end of the connection."""
        try:
            async with asyncio.timeout(TIMEOUT):
                head = await self.reader.readexactly(9)
                found, size = Frame.parse_frame_header(memoryview(head))
                found.parse_body(memoryview(await self.reader.readexactly(size)))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.ended = True
            self.writer.close()
            return None
        self._take(found)
        return found

    def _take(self, found: Frame) -> None:
        answer = self.answers.setdefault(found.stream_id, Answer())
        if isinstance(found, HeadersFrame):
            assert "END_HEADERS" in found.flags
            decoded = self.decoder.decode(found.data)
            answer.heads.append({str(name): str(value) for name, value in decoded})
        elif isinstance(found, DataFrame):
            answer.body += found.data
        elif isinstance(found, RstStreamFrame):
            answer.reset = found.error_code
        elif isinstance(found, WindowUpdateFrame):
            self.granted[found.stream_id] += found.window_increment
        elif isinstance(found, GoAwayFrame):
            self.goaway = found
        elif isinstance(found, PingFrame):
            self.pongs.append(found.opaque_data)
        elif isinstance(found, SettingsFrame):
            self.settings |= found.settings
            self.acknowledged += "ACK" in found.flags
        if "END_STREAM" in found.flags:
            answer.ended = True

    async def answer(self, stream: int) -> Answer:
        """All that comes on `stream`, up to its end."""
        found = self.answers.setdefault(stream, Answer())
        while not found.ended and found.reset is None and await self.next() is not None:
            pass
        assert not self.ended, self.goaway
        return found

    async def head(self, stream: int) -> dict[str, str]:
        """The first block of fields on `stream`."""
        found = self.answers.setdefault(stream, Answer())
        while not found.heads:
            assert await self.next() is not None, self.goaway
        return found.heads[0]

    async def content(self, stream: int, count: int) -> bytes:
        """At least `count` bytes of content."""
        found = self.answers.setdefault(stream, Answer())
        while len(found.body) < count:
            assert await self.next() is not None, self.goaway
        return found.body

    async def pong(self) -> None:
        """All that was sent before has been looked at."""
        seen = len(self.pongs)
        await self.send(frame(6, 0, 0, b"whatever"))
        while len(self.pongs) == seen:
            assert await self.next() is not None, self.goaway

    async def fate(self) -> int | None:
        """The code of GOAWAY, when the connection has ended; None for an end without."""
        while await self.next() is not None:
            pass
        return None if self.goaway is None else self.goaway.error_code

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def connect(port: int, *, greet: bool = True, secured: SSLContext | None = None) -> Peer:
    """A connection, on which both have said what they take."""
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port, ssl=secured, limit=1 << 24))
    if greet:
        await peer.send(PREFACE + SETTINGS)
        while not peer.acknowledged:
            assert await peer.next() is not None
        await peer.send(ACKNOWLEDGED)
    return peer
