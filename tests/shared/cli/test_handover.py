"""An address with a secret on its way to a browser."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from typing import Any

import pytest

from shared.cli.exits import ApiError
from shared.cli.handover import hand_over

SECRET = "http://gw/system/services/a/exposed/?token=" + "0" * 64


class Stay(urllib.request.HTTPRedirectHandler):
    """Does not go where it is sent."""

    def redirect_request(self, *_: Any) -> None:
        return None


def get(url: str) -> tuple[int, str]:
    try:
        urllib.request.build_opener(Stay).open(url, timeout=60)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", "")
    raise AssertionError


async def test_the_page_leads_to_the_address_and_is_gone() -> None:
    opened: list[str] = []
    answers: list[tuple[int, str]] = []

    def browse(url: str) -> None:
        """Returns when it has the page, as a browser of a terminal does."""
        opened.append(url)
        answers.append(get(url.rpartition("/")[0] + "/guess"))
        answers.append(get(url))

    await hand_over(SECRET, browse)
    await asyncio.get_running_loop().shutdown_default_executor()
    assert opened[0].startswith("http://127.0.0.1:")
    assert "token" not in opened[0]
    assert answers == [(404, ""), (303, SECRET)]
    with pytest.raises(urllib.error.URLError):
        get(opened[0])


async def test_no_browser_is_told_at_once() -> None:
    def browse(_: str) -> None:
        raise ApiError("no browser can be started")

    with pytest.raises(ApiError, match="no browser can be started"):
        await hand_over(SECRET, browse)


async def test_nobody_asks() -> None:
    with pytest.raises(ApiError, match="no browser asked"):
        await hand_over(SECRET, lambda _: None, seconds=0.01)
