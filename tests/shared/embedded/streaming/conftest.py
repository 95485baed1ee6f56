"""A client of SPDY in memory: the bytes that it sends, and what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from shared.embedded.streaming import spdy_frames as frames
from shared.embedded.streaming.spdy import Connection, over

Work = Callable[[Connection], Awaitable[None]]


class Peer:
    """The client's end of a wire; `hear` gives the frames of the server one by one."""

    def __init__(self) -> None:
        self.headers = frames.Headers()
        self.closed = asyncio.Event()
        self._reader = frames.Reader()
        self._heard: asyncio.Queue[frames.Frame] = asyncio.Queue()
        self._sent: asyncio.Queue[bytes] = asyncio.Queue()

    def say(self, data: bytes) -> None:
        self._sent.put_nowait(data)

    def open(self, number: int, **headers: str) -> None:
        self.say(self.headers.syn_stream(number, headers))

    def leave(self) -> None:
        self._sent.put_nowait(b"")

    async def hear(self) -> frames.Frame:
        return await self._heard.get()

    # What the server calls:

    async def receive(self) -> bytes:
        return await self._sent.get()

    async def send(self, data: bytes) -> None:
        for frame in self._reader.feed(data):
            self._heard.put_nowait(frame)

    async def close(self) -> None:
        self.closed.set()


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
def serving(peer: Peer) -> Callable[[Work], object]:
    """`async with serving(work)`: the server does `work` with the peer's connection."""

    @asynccontextmanager
    async def run(work: Work) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(over(peer, work))
        try:
            yield task
        finally:
            peer.leave()
            await asyncio.wait([task])

    return run
