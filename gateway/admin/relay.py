"""Between the scalers of a gateway and its workers: what one worker wants goes to all scalers, and
what they say of a start to every worker.

The process that stands before the workers has a relay for each, over the worker's own `/wakes`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson

from gateway.admin.wakes import HEARTBEAT, LARGEST
from gateway.services.wakes import Wake
from shared.runtime.tasks import first_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.services.wakes import Wakes
    from shared.runtime.clock import Clock
    from shared.service.progress import Progress

log = logging.getLogger(__name__)

PAUSE: Final = 0.2
"""Seconds between two attempts to reach a worker, which may have just been started."""
KNOWN: Final = 20_000
"""Services of which a worker that starts anew is told how far they are."""

_FAILED: Final = (aiohttp.ClientError, TimeoutError, OSError)


class Relays:
    """The relays of all workers, and what they tell one that starts anew."""

    def __init__(self, wakes: Wakes) -> None:
        self.wakes = wakes
        self.known: dict[str, Progress] = {}
        self._relays: list[Relay] = []
        wakes.on_scalers = self._counted

    def relay(self) -> Relay:
        """A relay for one more worker."""
        made = Relay(self)
        self._relays.append(made)
        return made

    def progressed(self, progress: Progress) -> None:
        """A scaler says how far a start is."""
        self.known.pop(progress.service, None)
        self.known[progress.service] = progress
        if len(self.known) > KNOWN:
            self.known.pop(next(iter(self.known)))
        for relay in self._relays:
            relay.tell(progress)

    def _counted(self) -> None:
        for relay in self._relays:
            relay.count()


class Relay:
    """The connection to one worker, and what it has still to hear: the latest of each service."""

    def __init__(self, owner: Relays) -> None:
        self._owner = owner
        self._waiting: dict[str, Progress] = {}
        self._recount = False
        self._some = asyncio.Event()

    def tell(self, progress: Progress) -> None:
        """Send this soon."""
        self._waiting[progress.service] = progress
        self._some.set()

    def count(self) -> None:
        """Send soon how many scalers there are."""
        self._recount = True
        self._some.set()

    async def run(self, url: Callable[[], str], clock: Clock) -> None:
        """Stay connected to the worker at `url` for ever."""
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    await self._connect(session, url())
                except _FAILED as error:
                    log.debug("a worker's /wakes: %s", error)
                await clock.sleep(PAUSE)

    async def _connect(self, session: aiohttp.ClientSession, url: str) -> None:
        async with session.ws_connect(url, heartbeat=HEARTBEAT, max_msg_size=LARGEST) as socket:
            self._waiting = dict(self._owner.known)
            self.count()
            await first_of(f"relay of {url}", self._send(socket), self._read(socket))

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            if self._recount:
                self._recount = False
                await _send(socket, {"scalers": self._owner.wakes.scalers})
            waiting, self._waiting = self._waiting, {}
            for progress in waiting.values():
                await _send(socket, {"progress": progress})

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._owner.wakes.tell(Wake(**orjson.loads(message.data)["wake"]))


async def _send(socket: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> None:
    await socket.send_str(orjson.dumps(message).decode("utf-8"))
