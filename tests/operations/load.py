"""A little of all that clients do, without end: well, badly, slowly, and too much at once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping, Sequence

TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
LOST: Final = (aiohttp.ClientError, TimeoutError, OSError)
"""What a client may meet: pods that fail, and a gateway that is ended by a test."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that asks `service` again, `pause` seconds after each answer."""

    service: str
    query: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.1
    method: str = "GET"
    known: bool = True
    """It has the token."""
    body: bytes = b""


CALLERS: Final = (
    *(Caller("busy", {"wait": "0.06", "burn": "0.004"}) for _ in range(6)),
    Caller("busy", method="POST", body=b"x" * 20_000, pause=0.5),
    Caller("busy", {"status": "503"}, pause=1.0),
    Caller("busy", {"wait": "0.8"}, pause=3.0),
    *(Caller("flaky", {"drop": "1"}, pause=0.2) for _ in range(2)),
    Caller("flaky", pause=0.2),
    Caller("closed", pause=0.3),
    Caller("closed", pause=1.0, known=False),
    Caller("sleepy", pause=5.0),
    Caller("wrongport", pause=2.0),
    Caller("halted", pause=2.0),
    Caller("nobody", pause=1.0),
)


@dataclass(slots=True)
class Clients:
    """All callers, and one WebSocket at a time, until `stopped`."""

    url: str
    trust: ssl.SSLContext | None
    tokens: Mapping[str, str]
    callers: Sequence[Caller] = CALLERS
    answers: int = 0

    async def run(self, stopped: asyncio.Event) -> None:
        """Ask until `stopped` is set."""
        secure = aiohttp.TCPConnector(ssl=self.trust or True, limit=0)
        async with aiohttp.ClientSession(connector=secure, timeout=TIMEOUT) as session:
            tasks = [asyncio.create_task(self._repeat(session, one)) for one in self.callers]
            tasks.append(asyncio.create_task(self._tunnels(session)))
            await stopped.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _repeat(self, session: aiohttp.ClientSession, caller: Caller) -> None:
        headers = self._headers(caller.service) if caller.known else {}
        asked: dict[str, Any] = {"params": dict(caller.query), "headers": headers}
        while True:
            with contextlib.suppress(*LOST):
                path = self._path(caller.service)
                async with session.request(
                    caller.method, path, data=caller.body or None, **asked
                ) as answer:
                    await answer.read()
                    self.answers += 1
            await asyncio.sleep(caller.pause)

    async def _tunnels(self, session: aiohttp.ClientSession) -> None:
        while True:
            with contextlib.suppress(*LOST):
                path, headers = self._path("closed"), self._headers("closed")
                async with session.ws_connect(path, headers=headers):
                    await asyncio.sleep(3.0)
            await asyncio.sleep(0.5)

    def _path(self, service: str) -> str:
        return f"{self.url}/system/services/{service}/exposed/"

    def _headers(self, service: str) -> dict[str, str]:
        token = self.tokens.get(service)
        return {"Authorization": f"Bearer {token}"} if token else {}


@contextlib.contextmanager
def running(clients: Clients) -> Iterator[Clients]:
    """The clients ask, in a thread of their own, inside the block."""
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    began = threading.Event()

    async def work() -> None:
        stopped = asyncio.Event()
        stop.append((asyncio.get_running_loop(), stopped))
        began.set()
        await clients.run(stopped)

    thread = threading.Thread(target=lambda: asyncio.run(work()), name="clients")
    thread.start()
    began.wait()
    try:
        yield clients
    finally:
        loop, stopped = stop[0]
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
