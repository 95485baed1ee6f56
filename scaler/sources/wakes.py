"""A stream to each gateway: it tells of requests for services without a pod, we tell how far the
start is, and for people how services are sized.

A WebSocket to `/wakes` of the admin port. From a gateway comes `{"wake": {"service": …, "at": …,
"cause": …}}` as soon as a request is held, again each second, and again after a reconnect, so that
nothing need be remembered here. It gets `{"progress": {…}}` for each service without a ready pod,
`{"sizing": {…}}` for every service and `{"leader": {…}}` about us (`shared.service.sizing`); kinds
that a gateway does not know it leaves out.
"""

from __future__ import annotations

import asyncio
import random as _random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson
from yarl import URL

from scaler.sources.beside import ANSWER_TIMEOUT
from scaler.sources.wake import Wake, read
from shared.runtime.backoff import Backoff
from shared.runtime.tasks import first_of
from shared.service.progress import Phase, Progress
from shared.service.sizing import Leader, Sizing, encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Set

    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor

HEARTBEAT: Final = 5.0
"""Seconds between pings; a gateway that does not answer one is lost half of that later."""
RETRY: Final = Backoff(first=0.1, longest=5.0, jitter=0.5)
STEADY: Final = 10.0
"""Seconds after which a stream that ends did not fail at once."""
MAX_MESSAGE: Final = 64 * 1024
"""Bytes of a message that are read."""
_CLOSING: Final = aiohttp.ClientWSTimeout(ws_close=1.0)
"""How long a gateway may take to agree to an end: nobody is to wait for one that hangs."""


Key = tuple[str, str]
"""Kind of a message, and the service it tells of."""
Message = Progress | Sizing | Leader


@dataclass(slots=True)
class _Ends:
    """What all streams use."""

    session: aiohttp.ClientSession
    clock: Clock
    random: Callable[[], float]
    troubled: Callable[[str], None]
    told: Callable[[Wake], None]
    said: dict[str, Progress]
    """The progress of each service without a ready pod, as it was last told."""
    sizes: dict[str, Sizing]
    """The same of how each service is sized."""
    leader: Leader | None = None

    def everything(self) -> dict[Key, Message]:
        """What a gateway that has just come is told."""
        found: dict[Key, Message] = {("progress", name): one for name, one in self.said.items()}
        found |= {("sizing", name): one for name, one in self.sizes.items()}
        return found if self.leader is None else {("leader", ""): self.leader} | found


class WakeStreams:
    """Keeps a stream to each gateway; its tasks are owned by `tasks`.

    `troubled` hears why a stream is broken.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tasks: Supervisor,
        clock: Clock,
        troubled: Callable[[str], None],
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._tasks = tasks
        self._ends = _Ends(session, clock, random, troubled, _nobody, {}, {})
        self._streams: dict[str, tuple[_Stream, asyncio.Task[Any]]] = {}

    def listen(self, told: Callable[[Wake], None]) -> None:
        """Hand each wake to `told`, which must not raise."""
        self._ends.told = told

    def keep(self, gateways: Collection[str]) -> None:
        """Have a stream to each of `gateways` (addresses of admin ports), and no other."""
        for gone in self._streams.keys() - set(gateways):
            _, task = self._streams.pop(gone)
            task.cancel()
        for url in gateways:
            if url not in self._streams:
                stream = _Stream(str(URL(url) / "wakes"), self._ends)
                task = self._tasks.start(f"wakes {url}", stream.run())
                self._streams[url] = stream, task

    def tell(self, progress: Progress) -> None:
        """Tell all gateways of `progress`, unless they know; of several the last counts."""
        said, service = self._ends.said, progress.service
        known = said.get(service)
        if known == progress or (known is None and progress.phase is Phase.READY):
            return
        if progress.phase is Phase.READY:
            del said[service]
        else:
            said[service] = progress
        self._post(("progress", service), progress)

    def size(self, sizing: Sizing) -> None:
        """Tell all gateways how a service is sized; of several words the last counts."""
        self._ends.sizes[sizing.service] = sizing
        self._post(("sizing", sizing.service), sizing)

    def introduce(self, leader: Leader) -> None:
        """Tell all gateways who tells them."""
        self._ends.leader = leader
        self._post(("leader", ""), leader)

    def _post(self, key: Key, message: Message) -> None:
        for stream, _ in self._streams.values():
            stream.post(key, message)

    def retain(self, services: Set[str]) -> None:
        """Forget every service that is not among `services`."""
        for known in (self._ends.said, self._ends.sizes):
            for gone in known.keys() - services:
                del known[gone]

    @property
    def connected(self) -> int:
        """Gateways with a stream now."""
        return sum(stream.connected for stream, _ in self._streams.values())


def _written(kind: str, message: Message) -> str:
    if isinstance(message, Sizing):
        return orjson.dumps({kind: orjson.Fragment(encoded(message))}).decode()
    return orjson.dumps({kind: message}).decode()


def _nobody(_: Wake) -> None:
    """Until somebody listens."""


class _Stream:
    """One gateway's; reconnects for ever."""

    def __init__(self, url: str, ends: _Ends) -> None:
        self._url = url
        self._ends = ends
        self._outbox: dict[Key, Message] = {}
        """By kind and service, so that it holds two for each service at most."""
        self._posted = asyncio.Event()
        self.connected = False

    def post(self, key: Key, message: Message) -> None:
        """Send it soon; while there is no stream, the next one begins with all that holds."""
        if self.connected:
            self._outbox[key] = message
            self._posted.set()

    async def run(self) -> None:
        """Connect, read and write, and again after the end; ends by cancellation only."""
        failures, ends = 0, self._ends
        while True:
            began = ends.clock.monotonic()
            try:
                await self._converse()
                problem = f"{self._url} ended the stream"
            except (aiohttp.ClientError, OSError, ValueError) as error:
                problem = f"{self._url}: {error or 'no answer in time'}"
            failures = 1 if ends.clock.monotonic() - began > STEADY else failures + 1
            ends.troubled(f"{problem}; services that sleep are woken by the next tick")
            await ends.clock.sleep(RETRY.delay(failures, ends.random()))

    async def _converse(self) -> None:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            socket = await self._ends.session.ws_connect(
                self._url, heartbeat=HEARTBEAT, max_msg_size=MAX_MESSAGE, timeout=_CLOSING
            )
        try:
            self.connected = True
            self._outbox = self._ends.everything()
            self._posted.set()
            await first_of(f"wakes {self._url}", self._read(socket), self._write(socket))
        finally:
            self.connected = False
            await socket.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                wake = read(message.data)
                if wake is not None:
                    self._ends.told(wake)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await self._posted.wait()
            self._posted.clear()
            while self._outbox:
                key = next(iter(self._outbox))
                text = _written(key[0], self._outbox.pop(key))
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    await socket.send_str(text)
