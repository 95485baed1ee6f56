"""`/system/openapi.json`: the API's own description, for whoever writes a client.

It holds nothing of the cluster, so it needs no credentials; and it is the same for everybody.
"""

from __future__ import annotations

from aiohttp import web

from gateway.management.calls.release import release
from gateway.management.calls.requests import json_answer
from gateway.management.openapi.document import document


class OpenApi:
    """The one route."""

    def __init__(self) -> None:
        self._body = document(release())

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        return [web.get("/system/openapi.json", self.read, allow_head=False)]

    async def read(self, _: web.Request) -> web.Response:
        """The document."""
        return json_answer(self._body)
