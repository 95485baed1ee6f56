"""GET of a JSON document that is not trusted to be short, quick or sensible; and its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson
from yarl import URL

from scaler.sources.samples import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ANSWER: Final = 64 * 2**20
"""Bytes of an answer that are read at most: some 300 000 series of Prometheus."""


def check_url(text: str) -> str:
    """`text` if it is the address of an HTTP server; else ValueError with a remedy."""
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"{text!r} is not an address; write for example http://127.0.0.1:8081")
    return text


async def get_json(
    session: aiohttp.ClientSession, url: str, params: Mapping[str, str] | None = None
) -> Any:
    """The document at `url`. Raises SourceError; time limits are those of the session."""
    try:
        return orjson.loads(await get(session, url, params))
    except ValueError as error:
        raise SourceError(f"{url} did not answer JSON: {error}") from error


async def get(
    session: aiohttp.ClientSession, url: str, params: Mapping[str, str] | None = None
) -> bytes:
    """The same, as it came."""
    try:
        async with session.get(url, params=params) as response:
            body = await _bounded(response.content, url)
            if response.status != 200:
                raise SourceError(f"{url} answered {response.status}: {_begin(body)}")
            return body
    except TimeoutError as error:
        raise SourceError(f"{url} did not answer in time") from error
    except (aiohttp.ClientError, ValueError) as error:
        raise SourceError(f"{url}: {error or type(error).__name__}") from error


async def _bounded(content: aiohttp.StreamReader, url: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in content.iter_any():
        size += len(piece)
        if size > MAX_ANSWER:
            raise SourceError(f"{url} answered more than {MAX_ANSWER} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _begin(body: bytes) -> str:
    return body[:200].decode(errors="replace").strip()
