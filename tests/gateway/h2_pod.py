"""A pod that speaks HTTP/2 frame by frame, as a test tells it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from hpack import Decoder, Encoder

from gateway.http2 import frames
from tests.gateway.harness import TIMEOUT, Pod, Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OK = ((":status", "200"),)


class H2Wire:
    """The pod's end of a connection."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._cutter = frames.Cutter()
        self._came: deque[frames.Frame] = deque()
        self._decoder = Decoder()
        self._encoder = Encoder()

    async def begin(self, settings: dict[int, int] | None = None) -> None:
        """Take the preface, and state settings."""
        assert await self.wire.exactly(len(frames.PREFACE)) == frames.PREFACE
        await self.wire.send(frames.settings(settings or {}))

    async def frame(self) -> frames.Frame:
        """The next frame, whatever it is."""
        while not self._came:
            async with asyncio.timeout(TIMEOUT):
                data = await self.wire.reader.read(65536)
            if not data:
                raise ConnectionResetError
            self._came.extend(self._cutter.feed(data))
        return self._came.popleft()

    async def next(self, kind: int) -> frames.Frame:
        """The next frame of that kind; others are passed over."""
        while True:
            found = await self.frame()
            if found[0] == kind:
                return found

    async def request(self) -> tuple[int, dict[str, str], bool]:
        """The number, the fields and whether that is all, of the next request's head."""
        _, flags, number, payload = await self.next(frames.HEADERS)
        fields = self._decoder.decode(payload)
        return number, {str(k): str(v) for k, v in fields}, bool(flags & frames.END_STREAM)

    async def trailers(self) -> dict[str, str]:
        _, flags, _, payload = await self.next(frames.HEADERS)
        assert flags & frames.END_STREAM
        return {str(k): str(v) for k, v in self._decoder.decode(payload)}

    async def body(self) -> bytes:
        """Content up to the end of its stream; windows are opened as it comes."""
        body: list[bytes] = []
        while True:
            _, flags, number, payload = await self.next(frames.DATA)
            body.append(payload)
            if flags & frames.END_STREAM:
                return b"".join(body)
            if payload:
                more = frames.window_update(0, len(payload))
                await self.wire.send(more + frames.window_update(number, len(payload)))

    def head(self, number: int, *fields: tuple[str, str], end: bool = False) -> bytes:
        """HEADERS."""
        block = self._encoder.encode(fields)
        return frames.header_frames(number, block, frames.END_STREAM if end else 0)

    def data(self, number: int, data: bytes, *, end: bool = False) -> bytes:
        return frames.make(frames.DATA, frames.END_STREAM if end else 0, number, data)

    async def answer(self, number: int, body: bytes, *fields: tuple[str, str]) -> None:
        """A whole answer."""
        await self.wire.send(self.head(number, *OK, *fields) + self.data(number, body, end=True))

    async def send(self, *pieces: bytes) -> None:
        await self.wire.send(*pieces)


def h2_pod(
    script: Callable[[H2Wire], Awaitable[None]], settings: dict[int, int] | None = None
) -> Pod:
    """A pod whose connections `script` serves after their beginning."""

    async def serve(wire: Wire) -> None:
        pod = H2Wire(wire)
        await pod.begin(settings)
        await script(pod)

    return Pod(serve)


async def echoing(pod: H2Wire) -> None:
    """Answer each request with the names of its pseudo-fields, fields and body."""
    while True:
        number, fields, ended = await pod.request()
        body = b"" if ended else await pod.body()
        shown = "\n".join(f"{name}={value}" for name, value in fields.items())
        await pod.answer(number, shown.encode() + b"\n\n" + body)
