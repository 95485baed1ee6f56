"""A service that sleeps, opened in a browser: gateway, scaler and cluster as they run locally."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import local
from tests.e2e.zero import sleeper

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.browser import Page


@pytest.mark.timeout(180)
async def test_a_browser_sees_the_start_and_then_the_application(
    tmp_path: Path, page: Page
) -> None:
    with local(tmp_path, "sleepy.yaml") as run:
        async with sleeper(run) as it:
            for _ in range(3):
                await it.asleep()
                await page.go(it.url)
                await page.until("document.querySelector('main footer')", period=0.02)
                took = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
                assert await page.run(took) < 1000
                await page.until("document.querySelector('[aria-current=step]')", period=0.02)
                assert await page.run("document.querySelector('h1').innerText") in (
                    "sleepy is waking up",
                    "sleepy is starting",
                )
                await page.shows('"listening"')
                assert await page.run("location.href") == it.url
                await page.go("about:blank")
