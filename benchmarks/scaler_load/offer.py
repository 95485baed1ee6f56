"""An open-loop load: requests leave at given instants, whatever became of those before."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import aiohttp

from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

MOST: Final = 4000
"""Requests in flight at a time."""
TIMEOUT: Final = 60.0
"""Seconds after which a client gives up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A request that was due at `due` and ended `seconds` later; times from the beginning."""

    due: float
    seconds: float
    error: str = ""


@dataclass(slots=True)
class Offered:
    """What became of a load."""

    outcomes: list[Outcome] = field(default_factory=list)
    held: int = 0
    """Requests that waited since too many were in flight: the load was not open then."""
    late: list[float] = field(default_factory=list)
    """Seconds after its instant at which each of the others left."""


async def offer(
    instants: Iterable[float],
    send: Callable[[], Awaitable[str]],
    offered: Offered,
    most: int = MOST,
) -> None:
    """Call `send` at each of `instants` (seconds from now), and wait for all; it answers what went
    wrong. A request counts from its instant, also when it left later."""
    places = asyncio.Semaphore(most)
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def request(due: float) -> None:
        try:
            error = await send()
        finally:
            places.release()
        offered.outcomes.append(Outcome(due, loop.time() - began - due, error))

    async with Supervisor() as tasks:
        sent = []
        for due in instants:
            await asyncio.sleep(max(0.0, due - (loop.time() - began)))
            if places.locked():
                offered.held += 1
            else:
                offered.late.append(loop.time() - began - due)
            await places.acquire()
            sent.append(tasks.start("request", request(due)))
        await asyncio.gather(*sent)


async def get(session: aiohttp.ClientSession, url: str) -> str:
    """Empty when `url` answered 200, else the status with the gateway's reason, or the error."""
    try:
        async with session.get(url) as answer:
            await answer.read()
            if answer.status == 200:
                return ""
            return f"{answer.status} {answer.headers.get('X-Gateway-Error', '')}".strip()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return type(error).__name__


def session() -> aiohttp.ClientSession:
    """Connections that are kept and used again, as many as requests may be in flight."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
    )
