"""FastAPI under uvicorn below its prefix: links, Swagger UI, events, WebSocket."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import aiohttp
import pytest
import websockets

if TYPE_CHECKING:
    from tests.apps.browser import Page
    from tests.apps.conftest import Start

BIG = 8 * 2**20


@pytest.mark.parametrize("name", ["fastapi", "fastapi-kept"])
async def test_swagger_ui_asks_the_api_in_a_browser(start: Start, page: Page, name: str) -> None:
    url = await start(name)
    await page.go(url + "docs")
    await page.until("document.querySelectorAll('.opblock').length >= 3")
    server = await page.run("document.querySelector('.servers select').value")
    assert server == f"/system/services/{name}/exposed"
    await page.click(".opblock-get .opblock-summary-control")
    await page.click(".try-out__btn")
    await page.click(".execute")
    await page.until("document.querySelector('.live-responses-table .response')")
    shown = await page.run("document.querySelector('.live-responses-table .response').innerText")
    assert shown.startswith("200")
    assert f'"url": "{url}hello"' in shown
    assert page.failures == []


async def test_links_and_redirects_stay_below_the_prefix(start: Start) -> None:
    url = await start("fastapi")
    jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
    async with aiohttp.ClientSession(cookie_jar=jar) as client:
        async with client.get(url + "hello") as answer:
            assert await answer.json() == {"url": url + "hello"}
        async with client.get(url + "items") as answer:
            assert (str(answer.url), await answer.json()) == (url + "items/", "the items")
        async with client.get(url + "go") as answer:
            assert str(answer.url) == url + "hello"
        cookie = next(iter(jar))
        assert cookie["path"] == "/system/services/fastapi/exposed/"


async def test_events_arrive_one_by_one_in_a_browser(start: Start, page: Page) -> None:
    url = await start("fastapi")
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


async def test_a_websocket_with_subprotocol_and_large_messages(start: Start) -> None:
    url = await start("fastapi")
    async with websockets.connect(
        url.replace("http://", "ws://") + "ws",
        subprotocols=[websockets.Subprotocol("first"), websockets.Subprotocol("second")],
        max_size=2 * BIG,
    ) as socket:
        assert socket.subprotocol == "second"
        for _ in range(3):
            message = os.urandom(BIG)
            await socket.send(message)
            assert await socket.recv() == message
