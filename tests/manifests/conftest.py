"""A proxy before the API server that writes down who asked for what, in the terms of RBAC."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import pytest
import yaml
from aiohttp import web

from tests.loopback import listening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Request(NamedTuple):
    """What a request does; `resource` includes the subresource."""

    verb: str
    group: str
    resource: str
    namespace: str
    name: str = ""


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
    return Request(verb, group, "/".join((plural, *below[:1])), namespace, name)


class Recorder:
    """Passes every request on to `upstream` and remembers whose it was."""

    def __init__(self, session: aiohttp.ClientSession, upstream: str, authority: str) -> None:
        self.accounts: dict[str, str] = {}
        """Token → whose it is."""
        self.seen: dict[str, set[Request]] = defaultdict(set)
        """By account."""
        self.refused: list[str] = []
        self.url = ""
        self._session = session
        self._upstream = upstream
        self._context = ssl.create_default_context(cadata=authority)
        self._news = asyncio.Condition()

    async def until(
        self, account: str, verb: str, resource: str, namespace: str = "", patience: float = 90.0
    ) -> None:
        """Wait until the account has done so."""

        def done() -> bool:
            return any(
                (r.verb, r.resource) == (verb, resource) and namespace in ("", r.namespace)
                for r in self.seen[account]
            )

        try:
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(done)
        except TimeoutError:
            pytest.fail(f"{account} never asked to {verb} {resource}; refused: {self.refused}")

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass)
        return app

    async def _note(self, account: str, asked: Request, body: bytes) -> None:
        async with self._news:
            self.seen[account].add(asked)
            if (asked.verb, asked.resource) == ("create", "rolebindings"):  # who binds may bind
                role = json.loads(body)["roleRef"]["name"]
                self.seen[account].add(Request("bind", asked.group, "clusterroles", "", role))
            self._news.notify_all()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        account, body = self.accounts.get(token, "?"), await request.read()
        asked = understand(request.method, request.path, request.query)
        if asked is not None:
            await self._note(account, asked, body)
        kept = {k: v for k, v in request.headers.items() if k not in {"Host", "Accept-Encoding"}}
        async with self._session.request(
            request.method,
            f"{self._upstream}{request.path_qs}",
            headers=kept,
            data=body,
            ssl=self._context,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as answer:
            if asked is not None and asked.verb == "patch" and answer.status == 201:
                await self._note(account, asked._replace(verb="create"), body)  # apply needs both
            if answer.status == 403:
                self.refused.append(await answer.text())
            response = web.StreamResponse(status=answer.status)
            response.content_type = answer.content_type
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
        return response


@pytest.fixture
async def recorder(cluster_home: Path) -> AsyncIterator[Recorder]:
    """A proxy that listens before the embedded cluster, at `recorder.url`."""
    async with recording(cluster_home) as proxy:
        yield proxy


@asynccontextmanager
async def recording(home: Path) -> AsyncIterator[Recorder]:
    """The same before the embedded cluster of `home`."""
    config = yaml.safe_load((home / "kubeconfig").read_text())
    cluster = config["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        proxy = Recorder(session, cluster["server"], authority)
        async with listening(proxy.application()) as port:
            proxy.url = f"http://127.0.0.1:{port}"
            yield proxy
