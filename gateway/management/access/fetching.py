"""JSON documents of issuers, over HTTPS: bounded in time and bytes, redirects not followed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import aiohttp
import orjson

from shared.service import bounds
from shared.service.origins import is_loopback

SECONDS: Final = 5.0
"""Until an answer is whole."""
LONGEST: Final = 256 * 1024
"""Bytes of an answer."""
_AT_ONCE: Final = 8


class UnreachableError(Exception):
    """The document is not to be had; the message says of which URL and why."""


class RefusedError(UnreachableError):
    """The server answered, and does not hand it out to this token (401 or 403)."""


class Fetch(Protocol):
    """How issuers are asked; raises UnreachableError."""

    async def __call__(self, url: str, token: str = "") -> dict[str, Any]: ...


class Fetcher:
    """GET by one session, which lives as long as the application."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None
        self._places = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(_AT_ONCE))
        """By host: one that hangs keeps no other waiting."""

    async def close(self) -> None:
        """End its connections."""
        if self._session is not None:
            await self._session.close()

    async def __call__(self, url: str, token: str = "") -> dict[str, Any]:
        """The JSON object at `url`, asked with the access token `token` if there is one."""
        if not is_secure(url):
            raise UnreachableError(f"{url}: is not https")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        place = self._places[urlsplit(url).netloc]
        try:
            async with asyncio.timeout(self._timeout.total), place:
                return await self._get(url, headers)
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise UnreachableError(f"{url}: {reason}") from error

    async def _get(self, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
        if self._session is None:
            jar = aiohttp.DummyCookieJar()  # what is asked for one user says nothing of the next
            self._session = aiohttp.ClientSession(timeout=self._timeout, cookie_jar=jar)
        async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in (401, 403):
                raise RefusedError(f"{url}: {answer.status}")
            if answer.status != 200:
                raise UnreachableError(f"{url}: {answer.status}, not 200")
            return _object(await _body(answer))


def is_secure(url: str) -> bool:
    """Whether nobody on the way can read or change what is asked of `url`: TLS, or this host."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
        )
    except ValueError:
        return False


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > LONGEST:
            raise ValueError(f"the answer is longer than {LONGEST} bytes")
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    value = orjson.loads(body)
    bounds.check_value(value)
    if not isinstance(value, dict):
        raise ValueError("the answer is not a JSON object")
    return value
