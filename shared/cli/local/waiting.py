"""Waiting until an HTTP server answers, with an end and a message that says where to look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import aiohttp
import click

from shared.runtime import private

START_SECONDS: Final = 60.0
_STEP: Final = 0.1
_TAIL: Final = 8192
_SENTENCE: Final = "error: "
_RECOVERED: Final = "recovered: "


class NotUpError(click.ClickException):
    """A process did not come up in time."""


async def until_up(name: str, url: str, log: Path, seconds: float = START_SECONDS) -> None:
    """Return when `url` answers anything below 500; raise NotUpError after `seconds`.

    A refusal for want of credentials is an answer too: the server is there.
    """
    status = await first_answer(url, seconds=seconds, good=lambda status: status < 500)
    if status is None:
        raise NotUpError(
            f"{name} did not answer at {url} within {seconds:g} s; the end of {log}:\n{tail(log)}"
        )


async def first_answer(
    url: str,
    *,
    seconds: float,
    good: Callable[[int], bool],
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
) -> int | None:
    """The first status for which `good` is true; None when there is none within `seconds`."""
    try:
        async with asyncio.timeout(seconds), aiohttp.ClientSession(headers=headers) as session:
            while True:
                status = await _status(session, method, url)
                if status is not None and good(status):
                    return status
                await asyncio.sleep(_STEP)
    except TimeoutError:
        return None


async def _status(session: aiohttp.ClientSession, method: str, url: str) -> int | None:
    # No certificate is checked: this asks whether the server is there and sends it no secret but
    # a service's token, over loopback.
    try:
        async with session.request(method, url, ssl=False) as response:
            refused = response.status == 200 and "X-Gateway-Error" in response.headers
            return None if refused else response.status  # a call of gRPC is refused so
    except (aiohttp.ClientError, OSError):
        return None


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; a sentence when there is none."""
    try:
        with open(log, "rb", opener=private.nofollow) as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return "  (it wrote no log)"
    return "\n".join(f"  {line}" for line in text.removesuffix("\n").split("\n")[-lines:])


def last_words(name: str, log: Path) -> str:
    """Why the process that wrote `log` did not come up: its own sentence, or the log's end."""
    words = tail(log).strip().split("\n")
    if words[-1].strip().startswith(_SENTENCE):
        return words[-1].strip().removeprefix(_SENTENCE)
    return f"{name} ended as it started; the end of {log}:\n{tail(log)}"


def recoveries(log: Path) -> list[str]:
    """What a cluster that has just come up says that it has saved of damaged files."""
    lines = [line.strip() for line in tail(log, lines=50).split("\n")]
    ready = [number for number, line in enumerate(lines) if line.startswith("cluster ready")]
    found = []
    for line in reversed(lines[: ready[-1]] if ready else lines):
        if not line.startswith(_RECOVERED):
            break
        found.append(line)
    return found[::-1]
