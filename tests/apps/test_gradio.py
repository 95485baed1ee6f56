"""Gradio below its prefix: a button, a result that grows, a file, its own client."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING

from tests.apps.pods import PYTHON
from tests.gateway.fake_cluster import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.browser import Page
    from tests.apps.conftest import Front, Start

CLIENT = """
import sys
from gradio_client import Client, handle_file
client = Client(sys.argv[1], headers={"Authorization": f"Bearer {sys.argv[2]}"}, verbose=False)
print(client.predict("Ada", api_name="/greet"))
print(list(client.submit(api_name="/count")))
print(open(client.predict(handle_file("given.txt"), api_name="/shout")).read())
"""


async def test_buttons_of_two_pods_work_in_a_browser(
    start: Start, front: Front, page: Page
) -> None:
    """Each pod knows its own sessions alone: the event stream and the button meet in one pod."""
    await page.go(await front(await start("gradio", pods=2, expose={"affinity": True})))
    await page.write(_field("name"), "Ada")
    await page.click("#greet")
    await page.until(f"document.querySelector('{_field('greeting')}').value === 'Hello Ada'")
    await page.click("#count")
    await page.until(f"document.querySelector('{_field('numbers')}').value === '1 2 3 '")
    # Gradio's link to its manifest, which is for installing it as an app, is absolute
    assert page.failed(besides="/manifest.json") == []


async def test_its_own_client_calls_it(start: Start, folder: Path) -> None:
    url = await start("gradio", expose={"set_auth": True})
    (folder / "given.txt").write_text("a word")
    client = await asyncio.create_subprocess_exec(
        PYTHON, "-c", CLIENT, url, TOKEN, cwd=folder, env={"HOME": str(folder)}, stdout=PIPE
    )
    said, _ = await client.communicate()
    assert said.decode().splitlines() == ["Hello Ada", "['1 ', '1 2 ', '1 2 3 ']", "A WORD"]


def _field(name: str) -> str:
    return f"#{name} textarea, #{name} input"
