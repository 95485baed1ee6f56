"""Clients of every sort, which go on until they are told to stop and forgive nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

PARTS: Final = 25
"""Of a stream or an upload: so many times 0.2 s."""
PAUSE: Final = 0.02
"""Seconds between two short requests of a client."""


class Callers:
    """They ask the service below `url`; `done` counts by sort, `lost` says what went wrong."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stopped = asyncio.Event()
        self.done: Counter[str] = Counter()
        self.lost: list[str] = []

    async def run(self) -> None:
        """Ask until `stop`, then end what has begun."""
        kept, fresh = aiohttp.TCPConnector(), aiohttp.TCPConnector(force_close=True)
        async with (
            aiohttp.ClientSession(connector=kept) as session,
            aiohttp.ClientSession(connector=fresh) as single,
        ):
            session._retry_connection = single._retry_connection = False  # a retry hides a loss
            sorts: dict[str, Callable[[], Awaitable[None]]] = {
                "kept": lambda: self._page(session),
                "fresh": lambda: self._page(single),
                "stream": lambda: self._stream(session),
                "upload": lambda: self._upload(session),
                "socket": lambda: self._socket(session),
            }
            await asyncio.gather(*(self._repeat(name, one) for name, one in sorts.items()))

    def stop(self) -> None:
        self._stopped.set()

    async def _repeat(self, sort: str, one: Callable[[], Awaitable[None]]) -> None:
        while not self._stopped.is_set():
            try:
                await one()
                self.done[sort] += 1
            except (aiohttp.ClientError, OSError, AssertionError) as error:
                self.lost.append(f"{sort}: {error!r}")

    async def _page(self, session: aiohttp.ClientSession) -> None:
        async with session.get(self._url) as answer:
            assert (answer.status, await answer.text()) == (200, "steady")
        await asyncio.sleep(PAUSE)

    async def _stream(self, session: aiohttp.ClientSession) -> None:
        async with session.get(f"{self._url}stream", params={"parts": str(PARTS)}) as answer:
            lines = (await answer.text()).split()
            assert [int(line) for line in lines] == list(range(PARTS))

    async def _upload(self, session: aiohttp.ClientSession) -> None:
        async with session.post(f"{self._url}upload", data=_slowly()) as answer:
            assert (answer.status, await answer.text()) == (200, str(1000 * PARTS))

    async def _socket(self, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(f"{self._url}echo") as socket:
            for number in range(PARTS):
                await socket.send_str(str(number))
                message = await socket.receive()
                assert message.data == str(number), message
                await asyncio.sleep(0.2)


async def _slowly() -> AsyncIterator[bytes]:
    for _ in range(PARTS):
        yield b"x" * 1000
        await asyncio.sleep(0.2)
