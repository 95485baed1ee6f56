"""The calls of the console: the page, its stream, and the same data once, for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from gateway.admin.console import frame
from gateway.admin.console.page import Page
from gateway.admin.console.stream import Stream, dated

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from gateway.admin.console.board import Board


class Console:
    """Reads the board; nothing here changes anything. `folder` has the page's files."""

    def __init__(self, board: Board, folder: Traversable | None = None) -> None:
        self.board = board
        self._page = Page(folder)
        self._stream = Stream(board)

    def add_to(self, app: web.Application) -> None:
        """Serve from `app`."""
        app.add_routes(
            [
                web.get("/", self._page.index),
                web.get("/console/stream", self._stream.serve),
                web.get("/console/state", self._state),
                web.get("/console/services/{name}", self._service),
                web.get("/console/{file}", self._page.file),
            ]
        )
        app.on_shutdown.append(self._stream.close)

    async def _state(self, _: web.Request) -> web.Response:
        await self.board.fresh()
        return _json(frame.whole(self.board.frame, self.board.history))

    async def _service(self, request: web.Request) -> web.Response:
        await self.board.fresh()
        found = await self.board.service(request.match_info["name"])
        if found is None:
            return _json(b'{"error":"there is no such service"}', status=404)
        return _json(dated(found, self.board.frame.at))


def _json(body: bytes, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)
