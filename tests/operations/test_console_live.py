"""The console says when it is not live, and is so again as soon as the gateway is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yarl import URL

from tests.operations.console_fake import Fake, served
from tests.operations.console_page import LIVE, browser, page, shown, texts
from tests.operations.console_rows import AT, gateway, row, state
from tests.waiting import until

if TYPE_CHECKING:
    from tests.apps.browser import Page

__all__ = ["browser", "page"]

OLD = "document.querySelector('main').dataset.old === 'true'"


async def test_a_gateway_that_goes_and_comes_again(page: Page) -> None:
    fake = Fake(state({"ocr": row(requests_1m=7)}))
    async with shown(page, fake):
        port = URL(fake.url).port or 0
    await page.until(OLD)
    assert (await texts(page, "#live"))[0].startswith("not live since 12:40:")
    assert await texts(page, ".course") != []
    await page.until("document.querySelector('#told').innerText === 'not live any more'")
    fake.state = state({"ocr": row(requests_1m=8)})
    async with served(fake, port):
        await page.until(LIVE)
        assert (await texts(page, "tbody .course"))[0] == "8/min"
        assert await texts(page, "#live") == ["live"]
        assert not await page.run(OLD)


async def test_one_stream_at_a_time(page: Page) -> None:
    """Of the six connections of a browser to a host the console needs one."""
    fake = Fake(state({"ocr": row()}))
    async with shown(page, fake):
        for _ in range(8):
            await page.run("location.hash = '#service/ocr'")
            await page.until("document.querySelector('.notice:not([hidden])')")
            await page.run("location.hash = ''")
            await page.until("document.querySelector('tbody tr')")
        await page.until(LIVE)
        await fake.tell("change", {"at": AT, "services": {"ocr": row(requests_1m=9)}})
        await page.until("document.querySelector('tbody .course').innerText === '9/min'")
        await until(lambda: fake.watched == 1, "the end of the others")


async def test_a_page_that_is_left_gives_its_connection_back(page: Page) -> None:
    """Though the browser keeps it for the way back."""
    async with shown(page, Fake(state({"ocr": row()}))) as fake:
        for _ in range(3):
            await page.go("about:blank")
            await until(lambda: fake.watched == 0, "the end of the stream")
            await page.back()
            await page.until(LIVE)


async def test_a_scaler_that_is_gone_is_told_and_its_values_are_marked(page: Page) -> None:
    alone = gateway(scaler=gateway()["scaler"] | {"connected": False, "since": AT - 60})
    async with shown(page, Fake(state({"ocr": row(old=True)}, gateway=alone))):
        assert await texts(page, ".facts [data-bad]") == [
            "no scaler connected since 12:39:00: CPU, sizes and decisions are old"
        ]
        assert await page.run("document.querySelector('tbody tr').hasAttribute('data-old')")


async def test_the_troubles_of_a_gateway_are_told(page: Page) -> None:
    told = gateway(
        state="not_ready", why="it ends", workers=3, workers_silent=1, table_stale=True,
        invalid=["typo"], invalid_count=2, scaler=gateway()["scaler"] | {"gateways": 3},
    )  # fmt: skip
    async with shown(page, Fake(state({}, gateway=told))):
        assert await texts(page, ".facts [data-bad]") == [
            "gateway not ready: it ends",
            "routes are the last known ones: the API server does not answer",
            "1 of 3 workers silent: their numbers are missing",
            "2 definitions not taken: typo and 1 more",
        ]
        assert await texts(page, "#whose") == [
            "gateway-7d9f · 3 workers · one of 3 gateways: requests of this one"
        ]


async def test_the_theme_is_kept(page: Page) -> None:
    async with shown(page, Fake(state({}))) as fake:
        await page.run("document.querySelector('#theme').focus()")
        for _ in range(2):
            await page.press("Enter")
        assert await texts(page, "#theme") == ["Theme: dark"]
        await page.go("about:blank")
        await page.go(fake.url)
        await page.until(LIVE)
        ground = "getComputedStyle(document.body).backgroundColor"
        assert await page.run(ground) == "rgb(20, 23, 28)"
        await page.click("#theme")
        await page.click("#theme")
        assert await page.run(ground) == "rgb(255, 255, 255)"
