"""A proxy before the API server that writes down who asked for what, in the terms of RBAC."""

from __future__ import annotations

import ssl
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Request(NamedTuple):
    """What a request does; `resource` includes the subresource."""

    verb: str
    group: str
    resource: str
    namespace: str


def understand(method: str, path: str, query: Mapping[str, str]) -> Request | None:
    """The request in the terms of RBAC; None when it names no resource."""
    root, *parts = path.strip("/").split("/")
    if root == "apis":
        group, *parts = parts
    elif root == "api":
        group = ""
    else:
        return None
    namespace = ""
    _version, *parts = parts
    if len(parts) > 2 and parts[0] == "namespaces":
        _, namespace, *parts = parts
    if not parts:
        return None
    plural, name, *below = [*parts, ""] if len(parts) == 1 else parts
    verb = _VERBS.get(method) or ("get" if name else "list")
    if verb == "list" and query.get("watch") in {"1", "true"}:
        verb = "watch"
    return Request(verb, group, "/".join((plural, *below[:1])), namespace)


class Recorder:
    """Passes every request on to `upstream` and remembers it under the token it bore."""

    def __init__(self, upstream: str, authority: str) -> None:
        self.seen: dict[str, set[Request]] = defaultdict(set)
        self.refused: list[str] = []
        self._upstream = upstream
        self._context = ssl.create_default_context(cafile=authority)

    async def start(self) -> str:
        """Listen on a free port; its URL."""
        self._session = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        asked = understand(request.method, request.path, request.query)
        if asked is not None:
            self.seen[token].add(asked)
        kept = {k: v for k, v in request.headers.items() if k not in {"Host", "Accept-Encoding"}}
        async with self._session.request(
            request.method,
            f"{self._upstream}{request.path_qs}",
            headers=kept,
            data=await request.read(),
            ssl=self._context,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as answer:
            if answer.status == 403:
                self.refused.append(await answer.text())
            response = web.StreamResponse(status=answer.status)
            response.content_type = answer.content_type
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
        return response
