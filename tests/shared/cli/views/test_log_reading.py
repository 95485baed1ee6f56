"""Reading logs from a server that answers as it is told: pages, breaks, ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.cli.client import NotFoundError, ServicesApi
from shared.cli.connection.target import Target
from shared.cli.views.log_reading import Asked, follow, read
from shared.runtime.clock import ManualClock

Answer = Callable[[web.Request], Any]


def page(*messages: str, after: str) -> dict[str, Any]:
    entries = [{"pod": "p", "timestamp": "t", "message": one} for one in messages]
    return {"entries": entries, "next": after}


class Script:
    """Answers by cursor; a stream is a list of pages, and how it ends."""

    def __init__(self) -> None:
        self.pages: dict[str, dict[str, Any]] = {}
        self.streams: dict[str, tuple[int, list[dict[str, Any]], str]] = {}
        self.asked: list[dict[str, str]] = []

    async def page(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        return web.json_response(self.pages[request.query.get("after", "")])

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        status, pages, end = self.streams[request.query["after"]]
        if status != 200:
            return web.Response(status=status, text=end)
        response = web.StreamResponse()
        await response.prepare(request)
        for one in pages:
            await response.write(json.dumps(one).encode() + b"\n")
        if end == "broken":
            await response.write(b'{"entries": [')
            assert request.transport is not None
            request.transport.abort()
        return response


class Heard:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.said: list[str] = []

    def show(self, page: dict[str, Any]) -> None:
        self.lines += [one["message"] for one in page["entries"]]


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def api(script: Script, tmp_path: Path) -> AsyncIterator[ServicesApi]:
    app = web.Application()
    path = "/system/services/ocr/deployment/logs"
    app.add_routes([web.get(path, script.page), web.get(path + "/follow", script.stream)])
    (tmp_path / "credentials").write_text("oscar:secret\n")
    (tmp_path / "credentials").chmod(0o600)
    async with TestServer(app) as server:
        target = Target(str(server.make_url("")).rstrip("/"), tmp_path / "credentials")
        async with ServicesApi(target) as api:
            yield api


async def test_the_newest_lines_are_one_page(api: ServicesApi, script: Script) -> None:
    heard = Heard()
    script.pages[""] = page("a", "b", after="c1")
    assert await read(api, "ocr", Asked(tail=2, since=60, previous=True), heard.show) == "c1"
    assert heard.lines == ["a", "b"]
    assert script.asked == [
        {"tailLines": "2", "sinceSeconds": "60", "previous": "true", "pods": "true",
         "timestamps": "true"}
    ]  # fmt: skip


async def test_no_lines_are_shown_but_followed_from_here(api: ServicesApi, script: Script) -> None:
    heard = Heard()
    script.pages[""] = page("old", after="c1")
    assert await read(api, "ocr", Asked(tail=0), heard.show) == "c1"
    assert heard.lines == []


@pytest.mark.parametrize(("tail", "lines"), [(None, ["a", "b", "c"]), (1001, ["a", "b", "c"])])
async def test_all_lines_are_many_pages(
    api: ServicesApi, script: Script, tail: int | None, lines: list[str]
) -> None:
    heard = Heard()
    script.pages = {
        "start": page("a", "b", after="c1"),
        "c1": page("c", after="c2"),
        "c2": page(after="c2"),
    }
    assert await read(api, "ocr", Asked(tail=tail), heard.show) == "c2"
    assert heard.lines == lines


async def test_following_goes_on_where_it_broke(api: ServicesApi, script: Script) -> None:
    """A break within a page, a gateway without the API behind it, an end in peace."""
    heard, clock = Heard(), ManualClock()
    script.streams = {
        "start": (200, [page("a", after="c1"), page(after="c1")], "broken"),
        "c1": (502, [], "the services API is away"),
    }
    work = asyncio.create_task(
        follow(api, "ocr", "start", 60, clock, heard.show, heard.said.append)
    )

    async def paused() -> None:
        while not clock.sleeping:
            await asyncio.sleep(0.001)

    await paused()
    assert heard.lines == ["a"]
    await clock.advance(0.5)
    await paused()
    script.streams["c1"] = (200, [page("b", after="c2")], "peace")
    script.streams["c2"] = (200, [page("c", after="c3")], "peace")
    await clock.advance(1.0)  # the second failure in a row is followed by twice the pause
    await paused()
    assert heard.lines == ["a", "b"]
    await clock.advance(0.5)
    await paused()
    assert heard.lines == ["a", "b", "c"]
    assert len(heard.said) == 2
    assert "trying again until Ctrl-C" in heard.said[0]
    assert "connected again" in heard.said[1]
    assert [one["after"] for one in script.asked] == ["start", "c1", "c1", "c2"]
    assert script.asked[0]["sinceSeconds"] == "60"
    assert int(script.asked[-1]["sinceSeconds"]) > 60  # the same moment, seen from later
    script.streams["c3"] = (404, [], "")
    await clock.advance(0.5)
    with pytest.raises(NotFoundError):
        await work
