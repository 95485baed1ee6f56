"""An address with a secret on its way to a browser."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from shared.cli.exits import ApiError
from shared.cli.handover import hand_over

SECRET = "http://gw/system/services/a/exposed/?token=" + "0" * 64


async def get(url: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, allow_redirects=False) as response,
    ):
        return response.status, response.headers.get("Location", "")


async def test_the_page_leads_to_the_address_and_is_gone() -> None:
    opened: list[str] = []
    answers: list[tuple[int, str]] = []

    def browse(url: str) -> None:
        opened.append(url)
        visits.append(asyncio.create_task(visit(url)))

    async def visit(url: str) -> None:
        answers.append(await get(url.rpartition("/")[0] + "/guess"))
        answers.append(await get(url))

    visits: list[asyncio.Task[None]] = []
    await hand_over(SECRET, browse)
    await asyncio.gather(*visits)
    assert opened[0].startswith("http://127.0.0.1:")
    assert "token" not in opened[0]
    assert answers == [(404, ""), (303, SECRET)]
    with pytest.raises(aiohttp.ClientConnectorError):
        await get(opened[0])


async def test_nobody_asks() -> None:
    with pytest.raises(ApiError, match="no browser asked"):
        await hand_over(SECRET, lambda _: None, seconds=0.01)
