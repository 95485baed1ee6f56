"""The page of a service that starts, in a browser: at once, in step, readable, and gone in time."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from rapidocr_onnxruntime import RapidOCR

from shared.service.progress import Phase, Progress
from tests.apps.test_pages import app, opened, served, url
from tests.gateway.harness import Pod

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.services.wakes import Wake
    from tests.apps.browser import Page
    from tests.gateway.harness import Rig

__all__ = ["served"]

WORDS = "registry.example.org/models/echo:2.3"
HEARD: list[Wake] = []
"""What the scaler heard."""
GROUND = {"light": (255, 255, 255), "dark": (28, 23, 20)}
"""Blue, green, red."""


def tell(r: Rig, phase: Phase, words: str = "", usual: float | None = 40.0) -> None:
    """As the scaler does that listens."""
    r.services.wakes.join(HEARD.append)
    r.services.progressed(Progress("echo", phase, words, usual_s=usual, pods=1))


async def test_the_page_is_there_within_a_second_and_says_what_happens(
    served: Rig, page: Page
) -> None:
    tell(served, Phase.PULLING, WORDS)
    await opened(served, page, "/deep/page?x=1")
    took = await page.run("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert took < 1000
    current = "document.querySelector('[aria-current=step]').innerText"
    assert await page.run(current) == f"Fetching the image\n{WORDS}"
    assert await page.run("document.querySelector('progress').max") == 40
    assert (HEARD[-1].service, HEARD[-1].cause) == ("echo", "page")


async def test_the_page_goes_along_with_the_start_and_then_opens_the_application(
    served: Rig, page: Page
) -> None:
    tell(served, Phase.WAKING)
    await opened(served, page, "/deep/page?x=1#part")
    assert await page.run("document.title") == "echo is waking up"
    for phase, step in (("scheduling", 1), ("pulling", 2), ("starting", 3)):
        tell(served, phase)  # type: ignore[arg-type]  # three of its values
        await page.until(
            f"[...document.querySelectorAll('li')].findIndex(one => one.ariaCurrent) === {step}"
        )
    pod = await Pod(app).start()
    served.services.locate("echo", [pod.endpoint])
    assert await page.until("document.getElementById('app')")
    assert await page.run("location.href") == url(served, "/deep/page?x=1#part")
    await pod.stop()


async def test_the_bar_fills_and_says_when_it_takes_longer(served: Rig, page: Page) -> None:
    tell(served, Phase.STARTING, usual=2.0)
    await opened(served, page)
    assert await page.run("document.getElementById('late').hidden")
    await page.until("document.querySelector('progress').value >= 1")
    await page.until("!document.getElementById('late').hidden")
    assert "longer than usual" in await page.run("document.body.innerText")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
async def test_a_reader_can_read_it(
    served: Rig, page: Page, tmp_path: Path, scheme: str, width: int
) -> None:
    """By a machine that reads pictures: in either scheme, on a narrow screen and a wide one."""
    tell(served, Phase.UNSCHEDULABLE, "no node has 1 GPU free")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    await page.call("Emulation.setEmulatedMedia", features=features)
    size = {"width": width, "height": 900, "deviceScaleFactor": 2}
    await page.call("Emulation.setDeviceMetricsOverride", mobile=width < 400, **size)
    await opened(served, page)
    picture = await screenshot(page, tmp_path / f"{scheme}-{width}.png")
    assert picture.shape == (1800, 2 * width, 3)
    assert tuple(picture[0, 0]) == GROUND[scheme]
    assert await page.run("document.documentElement.scrollWidth") == width
    text = await asyncio.to_thread(read, picture)
    for words in (
        *("There is no room for echo", "Asking for a pod", "Finding a node with room"),
        *("no node has 1 GPU free", "Loading the application", "usually it takes 40 s"),
        *("opens the application by itself", "What to do", "503 Service Unavailable"),
    ):
        assert squeezed(words) in text, text


async def screenshot(page: Page, file: Path) -> np.ndarray[Any, Any]:
    """What is seen, kept in `file` for whoever wants to look."""
    taken = await page.call("Page.captureScreenshot", format="png")
    file.write_bytes(base64.b64decode(taken["data"]))
    picture = cv2.imread(str(file))
    assert picture is not None
    return picture


def read(picture: np.ndarray[Any, Any]) -> str:
    """The text in a picture, top down, without what lies between its words."""
    found, _ = RapidOCR()(picture)
    return squeezed("".join(text for _, text, _ in found or ()))


def squeezed(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
