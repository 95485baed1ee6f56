"""TensorBoard below its prefix: the page shows the scalars of a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.apps.pods import PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.browser import Page
    from tests.apps.conftest import Start

WRITE = """
from tensorboard.summary import Writer
writer = Writer("runs/first")
for step in range(10):
    writer.add_scalar("loss", 1 / (step + 1), step)
writer.close()
"""


@pytest.fixture
async def runs(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(PYTHON, "-c", WRITE, cwd=folder)
    assert await process.wait() == 0


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("name", ["tensorboard", "tensorboard-kept"])
async def test_a_run_shows_in_a_browser(start: Start, page: Page, name: str) -> None:
    await page.go(await start(name))
    await page.until("document.querySelector('scalar-card')")
    await page.shows("loss")
    # TensorBoard's links to its fonts are absolute; the browser takes others
    assert page.failed(besides="/font-roboto/") == []
