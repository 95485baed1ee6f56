"""The call that follows the logs of a service: pages of lines as they are written, one JSON object
a line (NDJSON), until the client leaves.

An extension of OSCAR's API. `answers.log_follow` says what is in the pages.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiohttp import web

from gateway.management import problems
from gateway.management.answers import log_cursor
from gateway.management.answers.log_follow import LogFollower
from gateway.management.calls.audit import CALLER
from gateway.management.calls.requests import find
from shared.service.documents import dump_json

if TYPE_CHECKING:
    from gateway.management.access.caller import Caller
    from gateway.management.store.spaces import Spaces
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock

MOST: Final = 20
"""Clients that follow logs at a time; each takes up to 20 connections to the API server."""
MOST_EACH: Final = 5
"""Of these, those of one caller who is not the administrator, so that nobody takes all places."""
STALLED: Final = 60.0
"""Seconds after which a client that takes nothing is left."""
HEADERS: Final = {
    "Content-Type": "application/x-ndjson",
    "X-Accel-Buffering": "no",  # nginx would keep lines until its buffer is full
}


class Followers:
    """The route, and the clients that follow, by who they are."""

    def __init__(self, kube: KubeClient, spaces: Spaces, clock: Clock) -> None:
        self._kube = kube
        self._spaces = spaces
        self._clock = clock
        self._open: dict[LogFollower, str] = {}

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        path = "/system/services/{name}/deployment/logs/follow"
        return [web.get(path, self.follow, allow_head=False)]

    async def shut_down(self, _: web.Application) -> None:
        """Let all clients go; they come again with their cursors."""
        for follower in self._open:
            follower.end()

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Pages beyond the cursor `after`; of pods that it does not name, all lines, or those of
        the last `sinceSeconds`."""
        catalog, stored = await find(self._spaces, request)
        follower = LogFollower(
            self._kube,
            stored.service.name,
            _after(request),
            self._since(request),
            self._clock,
            catalog.namespace,
        )
        self._make_room(request[CALLER])
        self._open[follower] = request[CALLER].name
        try:
            return await _send(follower, request)
        finally:
            del self._open[follower]

    def _make_room(self, caller: Caller) -> None:
        own = sum(name == caller.name for name in self._open.values())
        if len(self._open) >= MOST or (own >= MOST_EACH and not caller.admin):
            taken = f"you follow {own} logs" if own >= MOST_EACH else f"{MOST} clients follow logs"
            raise problems.RefusalError(
                503, f"{taken} already; try again, or read them page by page"
            )

    def _since(self, request: web.Request) -> str:
        text = request.query.get("sinceSeconds", "")
        if not text:
            return ""
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise problems.RefusalError(400, "sinceSeconds: is no whole number of seconds")
        then = datetime.fromtimestamp(max(0.0, self._clock.now() - int(text)), UTC)
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def _after(request: web.Request) -> log_cursor.Cursor:
    try:
        return log_cursor.decode(request.query.get("after", log_cursor.START))
    except log_cursor.CursorError as error:
        raise problems.RefusalError(400, f"after: {error}") from error


async def _send(follower: LogFollower, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    pages = follower.pages()
    async with aclosing(pages):
        async for page in pages:
            try:
                async with asyncio.timeout(STALLED):
                    await response.write(dump_json(page) + b"\n")
            except (ConnectionResetError, TimeoutError):  # the client left, or takes nothing
                break
    return response
