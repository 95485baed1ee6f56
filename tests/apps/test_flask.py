"""Flask under gunicorn below its prefix: redirects, sessions, absolute links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

if TYPE_CHECKING:
    from tests.apps.browser import Page
    from tests.apps.conftest import Front, Start

both = pytest.mark.parametrize("name", ["flask", "flask-kept"])


@both
async def test_flask_knows_its_public_address(start: Start, name: str) -> None:
    url = await start(name)
    async with aiohttp.ClientSession() as client:
        async with client.get(url + "where?a=b") as answer:
            assert await answer.json() == {
                "url": url + "where?a=b",
                "external": url + "folder/",
                "secure": False,
                "client": "127.0.0.1",
            }
        async with client.get(url + "folder?a=b") as answer:  # Flask adds the slash
            assert str(answer.url) == url + "folder/?a=b"
            assert await answer.text() == "the folder"


@both
async def test_a_user_logs_in_with_a_browser(start: Start, page: Page, name: str) -> None:
    url = await start(name)
    await page.go(url)
    await page.write("input[name=user]", "Ada")
    await page.shows("Ada is logged in")
    assert await page.run("location.href") == url
    assert page.failures == []


async def test_behind_a_proxy_with_tls_the_address_is_https(
    start: Start, front: Front, page: Page
) -> None:
    url = await front(await start("flask"))
    await page.go(url + "where")
    await page.shows(f'"external":"{url}folder/"')
    await page.shows('"secure":true')
    await page.go(url + "folder")
    await page.shows("the folder")
    assert await page.run("location.href") == url + "folder/"


async def test_a_cookie_that_is_bound_to_the_host_logs_in(
    start: Start, front: Front, page: Page
) -> None:
    """Browsers drop a cookie `__Host-…` unless it has Secure and Path=/ (RFC 6265bis, 4.1.3.2)."""
    settings = {
        "FLASK_SESSION_COOKIE_NAME": "__Host-session",
        "FLASK_SESSION_COOKIE_SECURE": "true",
    }
    await page.go(await front(await start("flask", **settings)))
    await page.write("input[name=user]", "Ada")
    await page.shows("Ada is logged in")
