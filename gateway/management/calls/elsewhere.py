"""Calls of OSCAR that this product does not have: 501 and a sentence, whatever the method.

Nobody needs credentials to hear that a service cannot be invoked: those of /run and /job are the
service's, and nothing is told but what stands in the request.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.management.answers import elsewhere

INVOCATIONS: Final = ("/run/{name}", "/job/{name}")


class Elsewhere:
    """The routes; added after all others, for they leave no path below theirs. A slash at the end
    is none of theirs: without it the path may be somebody else's."""

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        below = [
            web.route("*", path, self.area)
            for area in elsewhere.AREAS
            for path in (f"/system/{{area:{area}}}", f"/system/{{area:{area}}}/{{rest:.*[^/]}}")
        ]
        return [*below, *(web.route("*", path, self.invocation) for path in INVOCATIONS)]

    async def area(self, request: web.Request) -> web.Response:
        """Something OSCAR-wide."""
        return web.Response(status=501, text=elsewhere.of_area(request.match_info["area"]))

    async def invocation(self, request: web.Request) -> web.Response:
        """A synchronous or asynchronous invocation."""
        return web.Response(status=501, text=elsewhere.of_invocation(request.match_info["name"]))
