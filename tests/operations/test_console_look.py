"""Both pages of the console on every screen: nothing out of it, and nothing that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations import console_story
from tests.operations.console_fake import STATIC, Fake
from tests.operations.console_page import (
    HEIGHTS,
    browser,
    findings,
    keep,
    overflow,
    page,
    screen,
    shown,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.browser import Page

__all__ = ["browser", "page"]

MOST_BYTES = 150_000
LONGEST = 400
VIEWS = {"overview": "", "service": "#service/ocr"}


def story() -> Fake:
    return Fake(console_story.overview(), ocr=console_story.ocr())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
async def test_pages_suit_every_screen_and_reader(
    page: Page, tmp_path: Path, view: str, scheme: str
) -> None:
    async with shown(page, story(), VIEWS[view]):
        for width in HEIGHTS:
            await screen(page, width, scheme)
            await page.until("document.querySelector('tbody tr')")
            assert await overflow(page) == 0, width
            assert await findings(page) == [], width
            await keep(page, tmp_path / f"{view}-{width}-{scheme}.png")


async def test_an_old_page_can_be_read_too(page: Page) -> None:
    """What is dimmed is pictures, not words."""
    async with shown(page, story()):
        pass
    await page.until("document.querySelector('main').dataset.old === 'true'")
    assert await findings(page) == []


async def test_the_checker_finds_what_is_wrong(page: Page) -> None:
    async with shown(page, story()):
        await page.run("document.querySelector('#words').placeholder = ''")
        await page.run("document.querySelector('label[for=words]').remove()")
        await page.run("document.body.style.color = '#aaa'")
        found = " ".join(await findings(page))
        assert "label: " in found
        assert "color-contrast: " in found


def test_the_console_is_small_and_its_modules_are_short() -> None:
    files = list(STATIC.iterdir())
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES
    for file in files:
        assert len(file.read_text().splitlines()) <= LONGEST, file.name


def test_no_data_is_read_as_html() -> None:
    """And nothing of the console comes from elsewhere."""
    for file in STATIC.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                     "new Function", "https://", "style="):  # fmt: skip
            assert word not in text, f"{word} in {file.name}"
