"""The gateway's own pages in a browser: they open the application, and suit every screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.gateway.harness import PREFIX, Pod, Rig, rig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.apps.browser import Page
    from tests.gateway.harness import Wire

HTML = b"<!doctype html><title>app</title><p id=app>hello</p><a href=/login>in</a>"


async def app(wire: Wire) -> None:
    """One page at every address."""
    while True:
        request = await wire.request()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
        body = b"" if request.head.startswith(b"HEAD") else HTML
        await wire.send(head % len(HTML) + body)


@pytest.fixture
async def served() -> AsyncIterator[Rig]:
    async with rig() as r:
        yield r


def url(r: Rig, path: str = "/", host: str = "127.0.0.1") -> str:
    return f"http://{host}:{r.port}{PREFIX.decode()}{path}"


async def opened(r: Rig, page: Page, path: str = "/") -> None:
    await page.go(url(r, path))
    await page.until("document.querySelector('main footer')")


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_application_appears_by_itself_when_it_is_ready(
    served: Rig, page: Page, scripts: bool
) -> None:
    await page.call("Emulation.setScriptExecutionDisabled", value=not scripts)
    # Chromium takes the refresh of an address with a fragment for a way to that fragment.
    path = "/deep/page?x=1#part" if scripts else "/deep/page?x=1"
    await opened(served, page, path)
    assert await page.run("document.title") == "echo is starting"
    pod = await Pod(app).start()
    served.services.locate("echo", [replace(pod.endpoint, ready=False)])
    served.services.locate("echo", [pod.endpoint])
    assert await page.until("document.getElementById('app')")
    assert await page.run("location.href") == url(served, path)
    # Looks at the root of the service, and asks for the page itself once only.
    asked = [(one.method, one.target) for one in served.log.entries if not one.reason]
    target = PREFIX.decode()
    expected = [("GET", f"{target}/deep/page?x=1")]
    assert asked == ([("HEAD", f"{target}/"), *expected] if scripts else expected)
    await pod.stop()


async def test_the_page_runs_and_counts_and_breaks_no_rule_of_its_own(
    served: Rig, page: Page
) -> None:
    await opened(served, page)
    await page.until("Number(document.getElementById('waited').textContent) >= 1")
    await served.until(lambda: len(served.log.entries) >= 3)
    methods = [one.method for one in served.log.entries]
    assert methods[:3] == ["GET", "HEAD", "HEAD"]
    assert await page.run("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
    # The first page alone failed: no style, script or icon was blocked or asked for elsewhere.
    assert {failure.split("/exposed")[1] for failure in page.failures} == {"/"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["starting", "stray", "unknown"])
async def test_pages_suit_a_narrow_screen_in_either_scheme(
    served: Rig, page: Page, scheme: str, path: str
) -> None:
    await page.call(
        "Emulation.setEmulatedMedia",
        features=[{"name": "prefers-color-scheme", "value": scheme}],
    )
    await page.call(
        "Emulation.setDeviceMetricsOverride",
        width=320, height=480, deviceScaleFactor=1, mobile=True,
    )  # fmt: skip
    if path == "unknown":
        await page.go(f"http://127.0.0.1:{served.port}/system/services/{'x' * 60}/exposed/")
    elif path == "stray":
        referrer = url(served)
        await page.call(
            "Page.navigate", url=f"http://127.0.0.1:{served.port}/{'a' * 300}", referrer=referrer
        )
    else:
        await page.go(url(served))
    await page.until("document.querySelector('main footer')")
    assert await page.run("document.documentElement.scrollWidth") == 320
    ground = await page.run("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}[scheme]


async def test_an_absolute_link_leads_to_a_page_that_leads_back(page: Page) -> None:
    pod = await Pod(app).start()
    async with rig(pod) as r:
        await page.go(url(r))
        await page.until("document.querySelector('a')")
        await page.run("document.querySelector('a').click()")
        await page.until("document.querySelector('main footer')")
        assert "--root-path" in await page.run("document.body.textContent")
        await page.run("document.querySelector('a').click()")
        await page.until("document.getElementById('app')")
        assert await page.run("location.href") == url(r, "/login")
