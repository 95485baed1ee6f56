"""marimo below its prefix: a cell runs again when a widget changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gateway.fake_cluster import TOKEN

if TYPE_CHECKING:
    from tests.apps.browser import Page
    from tests.apps.conftest import Front, Start

RUN_ALL = "[...document.querySelectorAll('[data-testid=run-button]')].at(-1)?.click()"
FIELD = "document.querySelector('marimo-number')?.shadowRoot?.querySelector('input')"


async def test_a_widget_runs_a_cell_in_a_browser(start: Start, front: Front, page: Page) -> None:
    await page.go(await front(await start("marimo")))
    await page.shows("The answer is 42")
    await page.until(FIELD)
    await page.run(f"{FIELD}.focus(), {FIELD}.select()")
    await page.call("Input.insertText", text="7")
    await page.run(f"{FIELD}.blur()")
    await page.shows("The answer is 49")
    assert page.failures == []


async def test_a_notebook_is_edited_in_a_browser(start: Start, front: Front, page: Page) -> None:
    url = await front(await start("marimo-kept"))
    await page.go(f"{url}?token={TOKEN}")
    shown = "document.body.innerText.includes('The answer is 42')"
    await page.until(f"({RUN_ALL}, {shown})", period=1.0)
    # browsers ask for a manifest without cookies, unless its link says otherwise
    assert page.failed(besides="/manifest.json") == []
