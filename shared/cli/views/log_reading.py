"""Reading the logs of a service: the newest lines, all of them, or on and on.

Called by the command `logs`, which shows each page; cursors of the services API make sure that no
line comes twice and none is left out, also when the connection breaks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from shared.cli.client import LostError, ServicesApi
from shared.runtime.clock import Clock

PAGE: Final = 1000
"""Lines of a page, at most."""
MOST: Final = 100_000
"""Lines that `--tail` may ask for: they are all held until the last is known."""
LONGEST_PAUSE: Final = 15.0

Page = dict[str, Any]
Show = Callable[[Page], None]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines are wanted."""

    tail: int | None = None
    """The newest so many, of all pods; None for all."""
    since: int | None = None
    """Seconds back."""
    previous: bool = False
    """Of the run before of each container."""


async def read(api: ServicesApi, name: str, asked: Asked, show: Show) -> str:
    """Show the lines that there are; the cursor of what follows them.

    Of more than a page, the newest are known only when all were read.
    """
    query = _query(asked)
    if asked.tail is not None and asked.tail <= PAGE:
        page = await api.logs(name, query | {"tailLines": str(max(1, asked.tail))})
        show(page if asked.tail else page | {"entries": []})
        return str(page["next"])
    kept: deque[Page] = deque(maxlen=asked.tail)
    cursor = "start"
    pages = _pages(api, name, query)
    async with aclosing(pages):
        async for page in pages:
            cursor = str(page["next"])
            if asked.tail is None:
                show(page)
            else:
                kept += page["entries"]
    if kept:
        show({"entries": list(kept)})
    return cursor


async def _pages(api: ServicesApi, name: str, query: dict[str, str]) -> AsyncGenerator[Page, None]:
    """From the oldest line to the newest."""
    cursor = "start"
    while True:
        page = await api.logs(name, query | {"after": cursor, "tailLines": str(PAGE)})
        yield page
        if not page["entries"] or page["next"] == cursor:
            return
        cursor = str(page["next"])


async def follow(
    api: ServicesApi, name: str, cursor: str, since: int | None, clock: Clock, show: Show, say: Say
) -> None:
    """Show lines beyond `cursor` as they are written, for ever; NotFoundError once the service is
    gone. A connection that breaks is made again."""
    began = clock.monotonic()
    failures, lost = 0, False
    while True:
        elapsed = int(clock.monotonic() - began)
        query = {"after": cursor} | (
            {} if since is None else {"sinceSeconds": str(since + elapsed)}
        )
        pages = api.follow_logs(name, query)
        try:
            async with aclosing(pages):
                async for page in pages:
                    if lost:
                        say("connected again, at the line where it broke off")
                    failures, lost = 0, False
                    show(page)
                    cursor = str(page["next"])
        except LostError as error:
            if not lost:
                say(f"{error.message}; trying again until Ctrl-C")
            lost = True
        failures += 1  # an end in peace too, such as that of a server that is replaced
        await clock.sleep(min(LONGEST_PAUSE, 2.0 ** min(failures, 8) / 4))


def _query(asked: Asked) -> dict[str, str]:
    query = {} if asked.since is None else {"sinceSeconds": str(asked.since)}
    return query | ({"previous": "true"} if asked.previous else {})
