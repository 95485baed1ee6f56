"""The stream of the console: server-sent events, all at first and then what changes.

What a client has not taken when there is news again it never gets: the next message leads from what
it has to what is. So one costs no more than the frame it knows and a message, however slow it is.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import orjson
from aiohttp import web

from gateway.admin.console import frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.admin.console.board import Board
    from gateway.admin.console.frame import Frame

log = logging.getLogger(__name__)

MOST: Final = 16
"""Clients at a time."""
HEARTBEAT: Final = 10.0
"""Seconds without news after which a sign of life is sent."""
PATIENCE: Final = 30.0
"""Seconds that a client may take for a message."""
_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


class Stream:
    """Serves `/console/stream` from the board."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._open: set[asyncio.Event] = set()
        self._closing = False

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One client, until it leaves."""
        if request.method == "HEAD":
            return web.Response(headers=_HEADERS)
        if len(self._open) >= MOST:
            raise web.HTTPServiceUnavailable(
                text=f"{MOST} pages watch already; close one of them\n",
                headers={"Retry-After": "5"},
            )
        response = web.StreamResponse(headers=_HEADERS)
        with self._board.watched() as news:
            self._open.add(news)
            try:
                await response.prepare(request)
                await self._converse(response, news, request.query.get("service"))
            except TimeoutError:
                log.info("a page of the console takes nothing any more: %s", request.remote)
                if request.transport is not None:
                    request.transport.abort()
            except ConnectionError:
                pass  # it was closed
            finally:
                self._open.discard(news)
        return response

    async def close(self, _: web.Application) -> None:
        """End all streams; pages look for the gateway again by themselves."""
        self._closing = True
        for news in self._open:
            news.set()

    async def _converse(
        self, response: web.StreamResponse, news: asyncio.Event, service: str | None
    ) -> None:
        await self._board.fresh()
        await _send(response, b"retry: 2000\n\n")
        known: Frame | None = None
        points = 0
        said: bytes | None = b""
        while not self._closing:
            async with self._board.looking:
                news.clear()
                now = self._board.frame
                messages = list(_messages(self._board, known, now, points))
                known, points = now, self._board.history.points
            for message in messages:
                await _send(response, message)
            if service is not None:
                found = await self._board.service(service)
                if found != said:
                    await _send(response, _service(service, found, now.at))
                    said = found
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), HEARTBEAT)
            if not news.is_set():
                await _send(response, b": alive\n\n")


def _messages(board: Board, known: Frame | None, now: Frame, points: int) -> Iterator[bytes]:
    """What leads from the frame and the points of history that are known to the present ones."""
    missing = board.history.points - points
    if known is None or missing > 1:
        yield event("state", frame.whole(now, board.history))
        return
    if missing:
        point = {"ends": board.history.ends, "series": board.history.point()}
        yield event("point", orjson.dumps(point))
    if (changed := frame.change(known, now)) is not None:
        yield event("change", changed)


def _service(name: str, found: bytes | None, at: float) -> bytes:
    if found is None:
        return event("gone", orjson.dumps({"name": name}))
    return event("service", dated(found, at))


def dated(found: bytes, at: float) -> bytes:
    """An object with the time put in front."""
    return b'{"at":' + orjson.dumps(at) + b"," + found[1:]


def event(name: str, data: bytes) -> bytes:
    """A server-sent event; JSON of ours has no line breaks."""
    return b"event: " + name.encode("ascii") + b"\ndata: " + data + b"\n\n"


async def _send(response: web.StreamResponse, message: bytes) -> None:
    async with asyncio.timeout(PATIENCE):
        await response.write(message)
