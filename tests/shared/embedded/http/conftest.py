"""A real API server on a port of the kernel's choice, and a plain HTTP client for it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from shared.embedded.access import rbac
from shared.embedded.access.authentication import Tokens
from shared.embedded.api.bootstrap import default_rights
from shared.embedded.api.operations import Api
from shared.embedded.http.server import ApiServer
from shared.embedded.kinds import NAMESPACE
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store

ADMIN = "the-token-of-the-administrator"
SPACE = "oscar-svc"


class Cluster:
    """The server, its Api, and requests as the administrator unless `token` says otherwise."""

    def __init__(self, history: int = 1000, **options: Any) -> None:
        self.api = Api(Store(Journal(), history))
        space = {"metadata": {"name": SPACE}}
        self.api.create(NAMESPACE, space, manager="test")
        default_rights(self.api)
        self.tokens = Tokens({ADMIN: rbac.administrator()})
        self.server = ApiServer(self.api, self.tokens, **options)
        self.client: aiohttp.ClientSession

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Cluster]:
        self.port = await self.server.start()
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{self.port}") as self.client:
                yield self
        finally:
            await self.server.stop()
            self.api.store.close()

    def open_watches(self) -> set[Any]:
        """The watches that the server has open."""
        return self.server._watches._open

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = ADMIN,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> tuple[int, Any]:
        """(status, JSON or text) of one request."""
        headers = {"Accept": accept, "Authorization": f"Bearer {token}"}
        data = body
        if body is not None:
            headers["Content-Type"] = content_type
            text = body if isinstance(body, str) else json.dumps(body)
            data = io.BytesIO(text.encode())
        async with self.client.request(method, path, data=data, headers=headers) as response:
            text = await response.text()
            if response.content_type == "application/json" and text:
                return response.status, json.loads(text)
            return response.status, text

    @asynccontextmanager
    async def watch(self, path: str, accept: str = "application/json") -> AsyncIterator[Stream]:
        """An open watch."""
        headers = {"Authorization": f"Bearer {ADMIN}", "Accept": accept}
        async with self.client.get(path, headers=headers) as response:
            assert response.status == 200, await response.text()
            yield Stream(response)


class Stream:
    """The events of a watch, one by one."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def next(self) -> dict[str, Any] | None:
        """The next event, None at the orderly end of the stream."""
        async with asyncio.timeout(60):
            line = await self._response.content.readline()
        return json.loads(line) if line else None

    async def rest(self) -> list[dict[str, Any]]:
        """All events until the end."""
        events = []
        while (event := await self.next()) is not None:
            events.append(event)
        return events

    async def names(self, count: int) -> list[tuple[str, str]]:
        """(type, name) of the next `count` events."""
        events = [await self.next() for _ in range(count)]
        return [(e["type"], e["object"]["metadata"].get("name", "")) for e in events if e]


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster().running() as running:
        yield running
