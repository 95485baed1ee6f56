"""Streamlit below its prefix: widgets over its WebSocket, an upload with its XSRF cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gateway.fake_cluster import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.browser import Page
    from tests.apps.conftest import Front, Start

OPEN = f"?token={TOKEN}"
"""What opens a service with `auth_type: forward` in a browser."""


@pytest.mark.parametrize("name", ["streamlit", "streamlit-kept"])
async def test_widgets_and_files_work_in_a_browser(
    start: Start, front: Front, page: Page, folder: Path, name: str
) -> None:
    url = await start(name, expose={"set_auth": True, "auth_type": "forward"})
    await page.go(await front(url) + OPEN)
    await page.write("input[aria-label=Name]", "Ada")
    await page.click("[data-testid=stButton] button")
    await page.shows("Hello Ada")
    file = folder / "given.txt"
    file.write_text("a word")
    await page.attach("input[type=file]", file)
    await page.shows("It says a word")
    assert page.failures == []
