"""A FastAPI application below its prefix: links, docs page, events, WebSocket."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
import websockets

from tests.loopback import free_port

if TYPE_CHECKING:
    from tests.apps.browser import Page
    from tests.apps.conftest import Start

BIG = 16 * 2**20
HERE = Path(__file__).parent


@pytest.fixture
async def url(start: Start) -> str:
    port = free_port()
    command = ["-m", "uvicorn", "--app-dir", str(HERE), "api_app:app", "--port", str(port)]
    return await start("api", [*command, "--ws-max-size", str(2 * BIG)], port)


async def test_links_and_redirects_stay_below_the_prefix(url: str) -> None:
    jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
    async with aiohttp.ClientSession(cookie_jar=jar) as client:
        async with client.get(url + "hello") as answer:
            assert await answer.json() == {"url": url + "hello"}
        async with client.get(url + "go") as answer:
            assert str(answer.url) == url + "hello"
        cookie = next(iter(jar))
        assert cookie["path"] == "/system/services/api/exposed/"


async def test_the_docs_page_works_in_a_browser(url: str, page: Page) -> None:
    await page.go(url + "docs")
    await page.until("document.querySelectorAll('.opblock').length >= 3")
    server = await page.run("document.querySelector('.servers select').value")
    assert server == "/system/services/api/exposed"
    assert page.failures == []


async def test_events_arrive_one_by_one_in_a_browser(url: str, page: Page) -> None:
    await page.go(url + "hello")
    await page.until("document.readyState === 'complete'")
    await page.run("""
        window.received = [];
        window.source = new EventSource('events');
        source.onmessage = event => received.push(event.data);
        source.onerror = () => { received.push('closed'); source.close(); };
    """)
    expected = ["begin"]
    for text in ("one", "two", "three"):
        await page.until(f"received.length === {len(expected)}")
        await page.run(f"fetch('step/{text}', {{method: 'POST'}}).then(() => 0)")
        expected.append(text)
    await page.until("received.length === 4")
    await page.run("fetch('step/end', {method: 'POST'}).then(() => 0)")
    await page.until("received.length === 5")
    assert await page.run("received") == [*expected, "closed"]


async def test_a_websocket_with_subprotocol_and_large_messages(url: str) -> None:
    address = url.replace("http://", "ws://") + "ws"
    async with websockets.connect(
        address,
        subprotocols=[websockets.Subprotocol("first"), websockets.Subprotocol("second")],
        max_size=2 * BIG,
    ) as socket:
        assert socket.subprotocol == "second"
        for _ in range(3):
            message = os.urandom(BIG)
            await socket.send(message)
            assert await socket.recv() == message
