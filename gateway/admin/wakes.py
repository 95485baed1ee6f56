"""The call `/wakes` of the admin port: scalers hear here which services are wanted, and say how far
their start is.

A WebSocket for each scaler, opened by it; messages are JSON text. From the gateway `{"wake":
{"service", "at", "cause"}}` (`services.wakes`), from the scaler `{"progress": {…}}`
(`shared.service.progress`), and for people `{"sizing": {…}}` and `{"leader": {…}}`
(`shared.service.sizing`). A process that stands for others says for how many: `{"scalers": n}`.
Messages of other kinds are of newer scalers, and left out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from gateway.admin.heard import Heard
from shared.runtime.tasks import first_of
from shared.service import progress, sizing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.services.wakes import Wake, Wakes
    from shared.service.progress import Progress

log = logging.getLogger(__name__)

MOST: Final = 8
"""Scalers that may be connected: the one that leads, and those before it that have not noticed."""
HEARTBEAT: Final = 5.0
"""Seconds between two pings; one without an answer for half as long ends the connection."""
LARGEST: Final = 64 * 1024
"""Bytes of a message."""


class WakesCall:
    """Serves `/wakes` from `wakes`; what scalers say of a start goes to `progressed`, and all that
    they say to `heard`."""

    def __init__(
        self, wakes: Wakes, progressed: Callable[[Progress], None], heard: Heard | None = None
    ) -> None:
        self._wakes = wakes
        self._heard = heard or Heard()
        self._progressed = progressed
        self._open: set[web.WebSocketResponse] = set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One scaler, until either side closes."""
        if len(self._open) >= MOST:
            raise web.HTTPServiceUnavailable(
                text=f"{MOST} scalers are connected already; end those that do not lead\n"
            )
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LARGEST)
        self._open.add(socket)
        try:
            await socket.prepare(request)
            await self._converse(socket, request.remote or "unknown")
        finally:
            self._open.discard(socket)
        return socket

    async def close(self, _: web.Application) -> None:
        """Say goodbye to all; they will look for another gateway."""
        for socket in list(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _converse(self, socket: web.WebSocketResponse, peer: str) -> None:
        news = _News(socket)
        self._wakes.join(news.hear)
        log.info("a scaler listens: %s", peer)
        try:
            await first_of(f"wakes of {peer}", news.send(), self._read(socket, news, peer))
        except ConnectionError as error:
            log.info("the connection of the scaler %s broke: %s", peer, error)
        finally:
            self._wakes.leave(news.hear)
        log.info("the scaler %s listens no more", peer)

    async def _read(self, socket: web.WebSocketResponse, news: _News, peer: str) -> None:
        async for message in socket:
            try:
                if message.type is not WSMsgType.TEXT:
                    raise ValueError("the message is not text")
                self._take(orjson.loads(message.data), news)
            except ValueError as error:
                log.warning("the scaler %s sent what is no message of a scaler: %s", peer, error)
                reason = str(error).encode()[:100]
                await socket.close(code=WSCloseCode.INVALID_TEXT, message=reason)

    def _take(self, message: Any, news: _News) -> None:
        """Raises ValueError."""
        if not isinstance(message, dict):
            raise ValueError("the message is no object")
        if isinstance(found := message.get("progress"), dict):
            told = progress.read(found)
            self._progressed(told)
            self._heard.progressed(told)
        if isinstance(found := message.get("sizing"), dict):
            self._heard.sized(sizing.read(found))
        if isinstance(found := message.get("leader"), dict):
            self._heard.led(sizing.read_leader(found))
        if isinstance(scalers := message.get("scalers"), int):
            self._wakes.join(news.hear, scalers)


class _News:
    """What one scaler has still to hear: the latest of each service, so that a slow one holds up
    nobody and costs no more than there are services."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: dict[str, Wake] = {}
        self._some = asyncio.Event()

    def hear(self, wake: Wake) -> None:
        """Send this soon."""
        self._waiting[wake.service] = wake
        self._some.set()

    async def send(self) -> None:
        """Send what is to be heard, for ever."""
        while True:
            await self._some.wait()
            self._some.clear()
            waiting, self._waiting = self._waiting, {}
            for wake in waiting.values():
                await self._socket.send_str(message(wake))


def message(wake: Wake) -> str:
    """A wake as it is sent."""
    return orjson.dumps({"wake": wake}).decode("ascii")
