"""A real nginx as a pod: its redirects name its own port, its pages are compressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.browser import Page
    from tests.apps.conftest import Start


@pytest.fixture
def site(folder: Path) -> None:
    _site(folder / "html")


def _site(root: Path) -> None:
    for name in ("docs", "files/more"):
        (root / name).mkdir(parents=True)
    (root / "index.html").write_text("a page for the probe")
    (root / "docs/index.html").write_text(
        "<!DOCTYPE html><title>Docs</title><link rel=stylesheet href=style.css><h1>The docs</h1>"
    )
    (root / "docs/style.css").write_text("h1 { color: rgb(1, 2, 3); }\n" * 100)
    (root / "files/more/a b.txt").write_text("a file")


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("path", ["old", "docs", "docs?a=b"])
async def test_redirects_lead_back_below_the_prefix(start: Start, path: str) -> None:
    """nginx writes http://<host>:8080/docs/: the name that the client asked, its own port."""
    url = await start("nginx")
    async with aiohttp.ClientSession() as client, client.get(url + path) as answer:
        assert "The docs" in await answer.text()
        assert str(answer.url.with_query(None)) == url + "docs/"


async def test_a_redirect_with_the_prefix_kept_leads_back(start: Start, folder: Path) -> None:
    _site(folder / "html/system/services/nginx/exposed")
    url = await start("nginx", expose={"rewrite_target": True})
    async with aiohttp.ClientSession() as client, client.get(url + "docs") as answer:
        assert "The docs" in await answer.text()
        assert str(answer.url) == url + "docs/"


@pytest.mark.usefixtures("site")
async def test_what_is_compressed_comes_compressed(start: Start) -> None:
    url = await start("nginx")
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        fields = {"Accept-Encoding": "gzip"}
        async with client.get(url + "docs/style.css", headers=fields) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert (await answer.read()).startswith(b"\x1f\x8b")


@pytest.mark.usefixtures("site")
async def test_a_browser_walks_through_an_index(start: Start, page: Page) -> None:
    url = await start("nginx")
    await page.go(url + "files")  # nginx adds the slash
    await page.click("a[href^=more]")
    await page.click("a[href^=a]")
    await page.shows("a file")
    assert await page.run("location.href") == url + "files/more/a%20b.txt"
    await page.go(url + "docs")
    await page.until("getComputedStyle(document.querySelector('h1')).color === 'rgb(1, 2, 3)'")
    assert page.failures == []
