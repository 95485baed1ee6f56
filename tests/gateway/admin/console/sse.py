"""The stream as a browser reads it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Event = tuple[str, Any]


class Events:
    """Server-sent events of one answer; comments are events called `comment`."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.text = b""
        """All that came."""

    async def next(self) -> Event:
        """The next event."""
        name, data = "", []
        while line := await self._line():
            field, _, value = line.partition(":")
            if field == "event":
                name = value.strip()
            elif field == "data":
                data.append(value.strip())
            else:
                name, data = field or "comment", [json.dumps(value.strip())]
        return name, json.loads("\n".join(data))

    async def until(self, name: str) -> Any:
        """The data of the next event called so."""
        while True:
            found, data = await self.next()
            if found == name:
                return data

    async def _line(self) -> str:
        line = await self._answer.content.readline()
        if not line:
            raise EOFError("the stream has ended")
        self.text += line
        return line.decode().rstrip("\n")


@asynccontextmanager
async def stream(url: str) -> AsyncIterator[Events]:
    """The events of `url`."""
    timeout = aiohttp.ClientTimeout(total=60.0)
    async with (
        aiohttp.ClientSession(timeout=timeout, read_bufsize=2**22) as client,
        client.get(url) as answer,
    ):
        assert answer.content_type == "text/event-stream"
        yield Events(answer)
