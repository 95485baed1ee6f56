"""Handing an address with a secret to a browser, past command lines that all users can read.

The browser is started with the address of a page on this machine, which works once, for a short
time, and only for who knows its random path; the page sends it on.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

from aiohttp import web

from shared.cli.exits import ApiError
from shared.runtime.tasks import first_of

SECONDS: Final = 30.0
"""In which the browser has to ask."""


async def hand_over(address: str, browse: Callable[[str], None], seconds: float = SECONDS) -> None:
    """Have `browse` open a page that leads to `address`; ApiError if no browser asks for it."""
    path = f"/{secrets.token_urlsafe(32)}"
    asked = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        if not secrets.compare_digest(request.path.encode(), path.encode()) or asked.is_set():
            return web.Response(status=404)
        asked.set()
        headers = {
            "Location": address,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }
        return web.Response(status=303, headers=headers)

    app = web.Application()
    app.router.add_get("/{path}", answer, allow_head=False)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        page = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
        async with asyncio.timeout(seconds):
            await first_of("the browser", asked.wait(), _opened(browse, page))
    except TimeoutError:
        raise ApiError(f"no browser asked for the page within {seconds:g} s") from None
    finally:
        await runner.cleanup()


async def _opened(browse: Callable[[str], None], page: str) -> None:
    """Never ends by itself; raises what `browse` does. Browsers of a terminal, and the program that
    BROWSER names, return only once they have ended: so it has a thread of its own."""
    await asyncio.to_thread(browse, page)
    await asyncio.Event().wait()
