"""The console in a real browser: what tests ask of it, and how they look at it."""

from __future__ import annotations

import base64
import contextlib
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.apps.browser import Page, command, debugging_port, tab
from tests.operations.console_fake import Fake, served
from tests.waiting import until_blocking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
HEIGHTS = {390: 844, 1024: 768, 1920: 1080}
"""Of a phone, a tablet and a screen on a wall, by the width."""
LIVE = "document.querySelector('#live').dataset.live === 'true'"
NAMES = "[...document.querySelectorAll('.table:not(.system *) tbody .who')].map(a => a.innerText)"
_FINDINGS = """axe.run(document, {resultTypes: ["violations"]}).then(found =>
    found.violations.map(one => one.id + ": " + one.nodes.map(node =>
        node.html.slice(0, 200) + " " + node.failureSummary).join("; ")))"""


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a browser that all tests share."""
    if not CHROMIUM:
        pytest.skip("no browser; apt-get install chromium")
    folder = tmp_path_factory.mktemp("browser")
    said = folder / "said"
    started = command(CHROMIUM, folder / "profile")
    with said.open("w") as output, subprocess.Popen(started, stderr=output) as process:
        until_blocking(lambda: debugging_port(said.read_text()), "a browser")
        yield debugging_port(said.read_text()) or 0
        process.terminate()


@pytest.fixture
async def page(browser: int) -> AsyncIterator[Page]:
    """A tab that complains of what a page does wrong, and has the keyboard."""
    async with tab(browser) as page:
        await page.listen()
        await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        yield page
        assert page.complaints == []


@contextlib.asynccontextmanager
async def shown(page: Page, fake: Fake, view: str = "") -> AsyncIterator[Fake]:
    """The console with what `fake` tells, open in `page` at the fragment `view`, and live."""
    async with served(fake) as fake:
        await page.go(fake.url + view)
        await page.until(LIVE)
        yield fake


async def screen(page: Page, width: int, scheme: str) -> None:
    """Give the tab a screen that wide, in `light` or `dark`."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    await page.call("Emulation.setEmulatedMedia", features=features)
    size = {"width": width, "height": HEIGHTS[width], "deviceScaleFactor": 1}
    await page.call("Emulation.setDeviceMetricsOverride", mobile=width < 500, **size)


async def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    over: int = await page.run(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return over


async def findings(page: Page) -> list[str]:
    """What axe-core has to say against the page, contrast of its texts included."""
    package = find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    script = (Path(package.origin).parent / "axe.min.js").read_text()
    await page.run(f"{script}; 0")
    found: list[str] = await page.run(_FINDINGS)
    return found


async def keep(page: Page, file: Path) -> None:
    """A picture of the whole page, for whoever wants to look."""
    taken = await page.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
    file.write_bytes(base64.b64decode(taken["data"]))


async def texts(page: Page, selector: str) -> list[str]:
    """The text of all elements like that, in order."""
    found: list[str] = await page.run(
        f"[...document.querySelectorAll({selector!r})].map(one => one.innerText.trim())"
    )
    return found


async def focused(page: Page) -> Any:
    """The text of what has the focus."""
    return await page.run("document.activeElement.innerText")
