"""Watches over HTTP: one line of JSON an event, until time is up, the reader leaves or is cut.

Called by the server; which events there are is decided in `api/watching`.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from shared.embedded.api.watching import EndedError, Event, Watch, error_event
from shared.embedded.errors import FORBIDDEN, Cause, StatusError, invalid_as
from shared.embedded.http import media, options
from shared.embedded.http.rendering import EventWriter
from shared.embedded.http.target import flag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.embedded.api.listing import Query
    from shared.embedded.api.operations import Api
    from shared.embedded.http.exchange import Exchange

log = logging.getLogger(__name__)

BOOKMARK_INTERVAL: Final = 60.0
_DEFAULT_TIMEOUT: Final = 1800.0
_LONGEST_TIMEOUT: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a watch asks for beside what it selects. `deadline` on the monotonic clock."""

    deadline: float
    bookmarks: bool
    send_initial: bool

    @property
    def left(self) -> float:
        """Seconds until the stream ends."""
        return self.deadline - time.monotonic()


class Watches:
    """Answers watches. `bookmark_interval` in seconds; `backlog` as in Watch."""

    def __init__(self, api: Api, bookmark_interval: float, backlog: int) -> None:
        self._api = api
        self._interval = bookmark_interval
        self._backlog = backlog
        self._open: set[Watch] = set()

    def close(self) -> None:
        """End every watch as if its time were over."""
        for watch in list(self._open):
            watch.end()

    async def answer(self, exchange: Exchange) -> web.StreamResponse:
        """Refuses malformed requests with a Status; what is too old is an event of the stream."""
        asked = _options(exchange.query)
        query = options.query(exchange.kind, exchange.target, exchange.query)
        writer = EventWriter(exchange.kind, exchange.form, exchange.include)
        with self._watch(exchange, query) as watch:
            await watch.reached(asked.left)
            try:
                first, goes_on = watch.initial(asked.send_initial, mark_end=asked.bookmarks), True
            except StatusError as error:
                first, goes_on = _refused(error, asked), False
            response = await _begin(exchange)
            await response.write(writer.lines(first, self._api.now()))
            if goes_on:
                with contextlib.suppress(EndedError):
                    await self._follow(watch, asked, response, writer)
        return response

    @contextlib.contextmanager
    def _watch(self, exchange: Exchange, query: Query) -> Iterator[Watch]:
        def cut() -> None:
            log.warning(
                "a watch of %s by %s fell too far behind and was cut; it must read faster",
                exchange.kind.resource,
                exchange.user.name,
            )
            # No orderly end, which would look complete: the reader must list anew.
            if exchange.request.transport is not None:
                exchange.request.transport.abort()

        with Watch(
            self._api.store, exchange.kind, query, backlog=self._backlog, on_overrun=cut
        ) as watch:
            self._open.add(watch)
            try:
                yield watch
            finally:
                self._open.discard(watch)

    async def _follow(
        self, watch: Watch, asked: Options, response: web.StreamResponse, writer: EventWriter
    ) -> None:
        next_bookmark = time.monotonic() + self._interval
        while asked.left > 0:
            until_bookmark = max(next_bookmark - time.monotonic(), 0.0)
            wait = min(asked.left, until_bookmark) if asked.bookmarks else asked.left
            events = await watch.next_events(wait)
            if not events and asked.bookmarks and time.monotonic() >= next_bookmark:
                events = [watch.bookmark()]
                next_bookmark = time.monotonic() + self._interval
            if events:
                await response.write(writer.lines(events, self._api.now()))


def _refused(error: StatusError, asked: Options) -> list[Event]:
    """The stream that is one error event; none when time was up before a future version came."""
    if error.code not in (410, 504):
        raise error
    return [] if error.code == 504 and asked.left <= 0 else [error_event(error)]


async def _begin(exchange: Exchange) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = media.JSON
    response.headers["Cache-Control"] = "no-cache, private"
    response.enable_chunked_encoding()
    await response.prepare(exchange.request)
    return response


def _options(given: Mapping[str, str]) -> Options:
    """Without a timeoutSeconds a watch lasts 30 to 60 minutes, so that not all end at once."""
    asked = options.integer(given, "timeoutSeconds")
    seconds = (
        min(asked, _LONGEST_TIMEOUT)
        if asked and asked > 0
        else _DEFAULT_TIMEOUT * (1 + random.random())
    )
    return Options(
        deadline=time.monotonic() + seconds,
        bookmarks=flag(given, "allowWatchBookmarks"),
        send_initial=_sends_initial(given),
    )


def _sends_initial(given: Mapping[str, str]) -> bool:
    wanted, match = flag(given, "sendInitialEvents"), given.get("resourceVersionMatch")
    if "sendInitialEvents" in given and match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
    elif match and "sendInitialEvents" not in given:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
    else:
        return wanted
    cause = Cause(FORBIDDEN, f"Forbidden: {why}", "resourceVersionMatch")
    raise invalid_as("meta.k8s.io", "ListOptions", "", [cause])
