"""marimo below its prefix: a cell runs again when a widget changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.apps.browser import Page
    from tests.apps.conftest import Front, Start

FIELD = "document.querySelector('marimo-number')?.shadowRoot?.querySelector('input')"


@pytest.mark.parametrize("name", ["marimo", "marimo-kept"])
async def test_a_widget_runs_a_cell_in_a_browser(
    start: Start, front: Front, page: Page, name: str
) -> None:
    await page.go(await front(await start(name)))
    await page.shows("The answer is 42")
    await page.until(FIELD)
    await page.run(f"{FIELD}.focus(), {FIELD}.select()")
    await page.call("Input.insertText", text="7")
    await page.run(f"{FIELD}.blur()")
    await page.shows("The answer is 49")
    assert page.failures == []
