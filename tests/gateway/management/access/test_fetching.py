from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.management.access.fetching import Fetcher, RefusedError, UnreachableError, is_secure
from shared.runtime.ports import free_port
from tests.loopback import listening


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("https://issuer.example/realms/x", True),
        ("http://127.0.0.1:8000", True),
        ("http://127.1.2.3", True),
        ("http://[::1]:80", True),
        ("http://localhost", True),
        ("http://issuer.example", False),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
        ("ftp://localhost", False),
        ("https://", False),
        ("http://[", False),
        ("file:///etc/passwd", False),
        ("issuer.example", False),
        ("", False),
    ],
)
def test_the_ways_that_nobody_else_can_change(url: str, secure: bool) -> None:
    assert is_secure(url) is secure


async def hang(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def moved(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "http://127.0.0.1/"})


async def refused(_: web.Request) -> web.Response:
    return web.Response(status=403)


async def text(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def sessions(request: web.Request) -> web.Response:
    """One that keeps who asked before in a cookie."""
    response = web.json_response(dict(request.cookies))
    response.set_cookie("session", request.headers.get("Authorization", ""))
    return response


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    app = web.Application()
    for one in (hang, moved, refused, text, sessions):
        app.router.add_get(f"/{one.__name__}", one)
    async with listening(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("path", ["/hang", "/moved", "/text", "/nothing"])
async def test_what_is_not_to_be_had_is_named(origin: str, path: str) -> None:
    fetch = Fetcher(seconds=0.1)
    with pytest.raises(UnreachableError, match=f"{origin}{path}: ."):
        await fetch(origin + path)
    await fetch.close()


async def test_a_refusal_is_told_apart_and_nobody_there_is_named(origin: str) -> None:
    fetch = Fetcher()
    with pytest.raises(RefusedError):
        await fetch(f"{origin}/refused", "token")
    with pytest.raises(UnreachableError, match="Cannot connect"):
        await fetch(f"http://127.0.0.1:{free_port()}/")
    await fetch.close()


async def test_nothing_of_one_user_is_said_for_the_next(origin: str) -> None:
    fetch = Fetcher()
    url = origin.replace("127.0.0.1", "localhost")  # cookies are kept by name, not by address
    for token in ("alice", "bob"):
        assert await fetch(f"{url}/sessions", token) == {}
    await fetch.close()
