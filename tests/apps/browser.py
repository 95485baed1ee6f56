"""A real browser, driven over the Chrome DevTools Protocol."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import time
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATIENCE = 40.0
"""Seconds to wait for a page to become what it should; how long a good one took is not judged."""

_KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38,
    "ArrowRight": 39, "ArrowDown": 40,
}  # fmt: skip


class Page:
    """One tab. Methods of the protocol: https://chromedevtools.github.io/devtools-protocol/."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.failures: list[str] = []
        """Requests of the page that were refused, with their status; the browser's own search
        for an icon at the root of the site is left out."""
        self.complaints: list[str] = []
        """Errors of scripts, and what a rule of the page's content blocked; `listen` begins it."""

    async def receive(self) -> None:
        """Hand out answers and note failures; runs beside the test."""
        async for raw in self._socket:
            message = raw.json()
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
            elif message["method"] == "Network.responseReceived":
                response = message["params"]["response"]
                if response["status"] >= 400 and URL(response["url"]).path != "/favicon.ico":
                    self.failures.append(f"{response['status']} {response['url']}")
            elif message["method"] == "Runtime.exceptionThrown":
                self.complaints.append(str(message["params"]["exceptionDetails"]))
            elif message["method"] == "Log.entryAdded":
                entry = message["params"]["entry"]
                if entry["source"] in ("javascript", "security"):
                    self.complaints.append(entry["text"])

    async def listen(self) -> None:
        """Collect complaints from now on."""
        await self.call("Runtime.enable")
        await self.call("Log.enable")

    def failed(self, *, besides: str) -> list[str]:
        """The failures whose URL does not have `besides`: an absolute link of an application."""
        return [failure for failure in self.failures if besides not in failure]

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        message = await answer
        assert "error" not in message, message
        result: dict[str, Any] = message["result"]
        return result

    async def go(self, url: str) -> None:
        """Open a page; its scripts may still run on return."""
        await self.call("Page.navigate", url=url)

    async def back(self) -> None:
        """Open the page before this one, as the browser's button does.

        A script that does so may be gone with its page before its answer is sent.
        """
        history = await self.call("Page.getNavigationHistory")
        before = history["entries"][history["currentIndex"] - 1]
        await self.call("Page.navigateToHistoryEntry", entryId=before["id"])

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        result = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def until(self, condition: str, period: float = 0.1) -> Any:
        """Wait until an expression is true in the page; the answer is its value."""
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(AssertionError):  # the page may be changing just now
                if value := await self.run(f"(v => v instanceof Node ? true : v)({condition})"):
                    return value
            if time.monotonic() > end:
                seen = await self.run(
                    "location.href + '\\n' + document.body.innerText.slice(0, 2000)"
                )
                raise AssertionError(f"never true: {condition}; the page is {seen}")
            await asyncio.sleep(period)

    async def click(self, selector: str) -> None:
        """Click an element as soon as it is there."""
        await self.until(_element(selector))
        await self.run(f"{_element(selector)}.click()")

    async def write(self, selector: str, text: str) -> None:
        """Type `text` into a field, in place of what is in it, and Enter."""
        await self.until(_element(selector))
        await self.run(f"{_element(selector)}.focus(), {_element(selector)}.select()")
        await self.call("Input.insertText", text=text)
        for kind in ("rawKeyDown", "char", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key="Enter", text="\r",
                            windowsVirtualKeyCode=13)  # fmt: skip

    async def press(self, key: str) -> None:
        """Press and release a key by its name of UI Events: `Tab`, `Enter`, `ArrowLeft`, `a`."""
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        number = _KEYS.get(key, ord(key[0].upper()))
        for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text,
                            windowsVirtualKeyCode=number)  # fmt: skip

    async def attach(self, selector: str, file: Path) -> None:
        """Choose a file in a field for one."""
        await self.until(_element(selector))
        field = await self.call("Runtime.evaluate", expression=_element(selector))
        number = field["result"]["objectId"]
        await self.call("DOM.setFileInputFiles", files=[str(file)], objectId=number)

    async def shows(self, text: str) -> None:
        """Wait until the page shows `text`."""
        await self.until(f"document.body.innerText.includes({json.dumps(text)})")


def _element(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


@contextlib.asynccontextmanager
async def opened(program: str, profile: Path) -> AsyncIterator[Page]:
    """A headless browser with one empty tab."""
    browser = await asyncio.create_subprocess_exec(*command(program, profile), stderr=PIPE)
    try:
        port = await _debugging_port(browser)
        async with (
            aiohttp.ClientSession() as client,
            _attached(client, await _first_tab(client, port)) as page,
        ):
            yield page
    finally:
        browser.kill()
        await browser.communicate()


def command(program: str, profile: Path) -> list[str]:
    """What starts a headless browser with one empty tab."""
    return [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--ignore-certificate-errors",
        "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
    ]  # fmt: skip


def debugging_port(said: str) -> int | None:
    """Where a browser listens, from what it has said so far."""
    found = re.search(r"DevTools listening on ws://127\.0\.0\.1:(\d+)/", said)
    return int(found[1]) if found else None


@contextlib.asynccontextmanager
async def tab(port: int) -> AsyncIterator[Page]:
    """A new tab of the browser that listens at `port`, inside the block."""
    url = f"http://127.0.0.1:{port}/json"
    async with aiohttp.ClientSession() as client:
        async with client.put(f"{url}/new?about:blank") as answer:
            made = await answer.json()
        async with _attached(client, made["webSocketDebuggerUrl"]) as page:
            yield page
        async with client.get(f"{url}/close/{made['id']}"):
            pass


async def _first_tab(client: aiohttp.ClientSession, port: int) -> str:
    """The address of the tab that a browser begins with: it listens before it has one."""
    while True:
        async with client.get(f"http://127.0.0.1:{port}/json/list") as answer:
            for one in await answer.json():
                if one["type"] == "page":
                    address: str = one["webSocketDebuggerUrl"]
                    return address
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def _attached(client: aiohttp.ClientSession, address: str) -> AsyncIterator[Page]:
    async with client.ws_connect(address, max_msg_size=0) as socket:
        page = Page(socket)
        receiving = asyncio.create_task(page.receive())
        await page.call("Page.enable")
        await page.call("Network.enable")
        yield page
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)


async def _debugging_port(browser: asyncio.subprocess.Process) -> int:
    assert browser.stderr is not None
    async for line in browser.stderr:
        if port := debugging_port(line.decode()):
            return port
    raise AssertionError("the browser ended before it listened")
