"""The stream over a real socket: all at first, then what changes; who is slow, or one too many."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from gateway.admin.console import stream as streams
from gateway.admin.console.calls import Console
from gateway.admin.console.history import PERIOD
from tests.gateway.admin.console.scene import Scene
from tests.gateway.admin.console.sse import stream
from tests.loopback import listening
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest


@asynccontextmanager
async def serving(scene: Scene) -> AsyncIterator[str]:
    """The URL of the console of `scene`, which looks when a test says so."""
    app = web.Application()
    Console(scene.board).add_to(app)
    async with listening(app) as port:
        yield f"http://127.0.0.1:{port}/console/stream"


async def test_all_comes_at_first_and_then_what_changes() -> None:
    scene = Scene()
    async with serving(scene) as url, stream(url) as events:
        assert await events.next() == ("retry", "2000")
        name, state = await events.next()
        assert (name, state) == ("state", scene.whole())
        scene.services["quiet"]["in_flight"] = 1
        del scene.services["night"]
        await look(scene)
        name, changed = await events.next()
        assert name == "change"
        assert changed["services"].keys() == {"quiet"}
        assert changed["removed"] == ["night"]
        assert changed["services"]["quiet"]["in_flight"] == 1


async def look(scene: Scene, seconds: float = 1.0) -> None:
    """Look as the board does for those who watch."""
    await scene.clock.advance(seconds)
    async with scene.board.looking:
        await scene.board._look()


async def test_points_come_as_they_are_taken_and_after_a_gap_all_anew() -> None:
    scene = Scene()
    async with serving(scene) as url, stream(url) as events:
        await events.until("state")
        scene.services["ocr"]["requests"]["POST 200 upstream"] += 7
        await look(scene, PERIOD)
        point = await events.until("point")
        assert point["ends"] == scene.clock.now()
        assert point["series"]["ocr"]["requests"] == 909
        async with scene.board.looking:  # it is kept from looking up
            for _ in range(2):
                await scene.clock.advance(PERIOD)
                await scene.board._look()
        state = await events.until("state")
        assert len(state["history"]["series"]["ocr"]["requests"]) == 3


async def test_a_service_is_told_whole_when_something_of_it_changes_and_when_it_is_gone() -> None:
    scene = Scene()
    async with serving(scene) as url, stream(f"{url}?service=broken") as events:
        first = await events.until("service")
        assert first["name"] == "broken"
        scene.services["quiet"]["in_flight"] = 1
        await look(scene)
        scene.services["broken"]["in_flight"] = 9
        await look(scene)
        assert (await events.until("service"))["row"]["in_flight"] == 9
        kept = scene.services.pop("broken")
        await look(scene)
        assert await events.until("gone") == {"name": "broken"}
        scene.services["broken"] = kept
        await look(scene)
        await events.until("service")
        assert events.text.count(b"event: service") == 3


async def test_silence_is_broken_by_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT", 0.05)
    async with serving(Scene()) as url, stream(url) as events:
        await events.until("state")
        assert await events.next() == ("comment", "alive")


async def test_only_so_many_watch_and_a_place_is_free_when_one_leaves() -> None:
    scene = Scene()
    async with serving(scene) as url, AsyncExitStack() as stack:
        for _ in range(streams.MOST):
            await stack.enter_async_context(stream(url))
        async with aiohttp.ClientSession() as client:
            async with client.get(url) as refused:
                assert refused.status == 503
                assert "close one of them" in await refused.text()
            async with client.head(url) as head:
                assert (head.status, head.content_type) == (200, "text/event-stream")
        await stack.aclose()

        async def freed() -> bool:
            await look(scene)
            return not scene.board._watchers

        scene.services["quiet"]["in_flight"] = 1
        await until(freed, "the end of all streams")


async def test_who_does_not_read_gets_later_states_only_and_is_ended_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its socket takes nothing; a reader beside it is not held up, and memory does not grow."""
    monkeypatch.setattr(streams, "PATIENCE", 1.0)
    scene = Scene()
    filling = scene.services["quiet"]
    async with serving(scene) as url, stream(url) as events:
        port = int(url.split(":")[2].split("/")[0])
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.setblocking(False)
            await asyncio.get_running_loop().sock_connect(stuck, ("127.0.0.1", port))
            await asyncio.get_running_loop().sock_sendall(
                stuck, b"GET /console/stream HTTP/1.1\r\nHost: h\r\n\r\n"
            )
            await until(lambda: len(scene.board._watchers) == 2, "both")
            await events.until("state")
            for count in range(1, 10_000):
                filling["in_flight"], filling["tunnels"] = count, count
                scene.numbers["why"] = "x" * 50_000 + str(count)
                await look(scene)
                changed = await events.until("change")
                assert changed["services"]["quiet"]["tunnels"] == count
                if len(scene.board._watchers) == 1:
                    break
            assert len(scene.board._watchers) == 1
            got = b""
            with suppress(BlockingIOError, ConnectionError):
                while piece := stuck.recv(2**20):
                    got += piece
            assert b'"tunnels":%d' % count not in got


async def test_at_the_end_of_the_process_streams_end() -> None:
    scene = Scene()
    app = web.Application()
    Console(scene.board).add_to(app)
    async with (
        AsyncExitStack() as stack,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30.0)) as client,
    ):
        port = await stack.enter_async_context(listening(app))
        answer = await client.get(f"http://127.0.0.1:{port}/console/stream")
        reading = asyncio.create_task(answer.read(), name="read the stream")
        await until(lambda: scene.board._watchers, "the stream")
        await stack.aclose()
        assert json.loads((await reading).split(b"data: ")[1].split(b"\n")[0])["services"]
