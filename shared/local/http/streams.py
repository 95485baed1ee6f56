"""Long answers: watches and followed logs."""

from __future__ import annotations

import contextlib
import functools
import logging
import random
import time
from typing import TYPE_CHECKING, Final

from aiohttp import web

from shared.local import kinds
from shared.local.errors import (
    FORBIDDEN,
    Cause,
    StatusError,
    bad_request,
    invalid_as,
    unavailable,
)
from shared.local.http import media, options
from shared.local.http.providers import LogRequest
from shared.local.http.rendering import EventWriter
from shared.local.http.target import is_true
from shared.local.strategy import seconds as unix_seconds
from shared.local.watching import EndedError, Watch, error_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from shared.local.api import Api
    from shared.local.http.exchange import Exchange
    from shared.local.http.providers import Providers
    from shared.local.kinds import Obj

log = logging.getLogger(__name__)

BOOKMARK_INTERVAL: Final = 60.0
_DEFAULT_TIMEOUT: Final = 1800.0
_LONGEST_TIMEOUT: Final = 86_400.0


class Watches:
    """Answers watches. `bookmark_interval` in seconds."""

    def __init__(self, api: Api, bookmark_interval: float = BOOKMARK_INTERVAL) -> None:
        self._api = api
        self._interval = bookmark_interval
        self._open: set[Watch] = set()

    def close(self) -> None:
        """End every watch as if its time were over."""
        for watch in list(self._open):
            watch.end()

    async def answer(self, exchange: Exchange) -> web.StreamResponse:
        """Stream the watch until it times out, its reader leaves or falls too far behind."""
        kind, form = exchange.kind, exchange.form
        send_initial = _sends_initial(exchange.query)
        query = options.query(kind, exchange.target, exchange.query)
        deadline = time.monotonic() + _timeout(exchange.query)
        writer = EventWriter(kind, form, exchange.include)
        abort = functools.partial(_abort, exchange)
        with (
            Watch(self._api.store, kind, query, on_overrun=abort) as watch,
            self._open_until(watch),
        ):
            await watch.reached(deadline - time.monotonic())
            try:
                # Invalid versions are refused before the stream begins, old ones within it.
                first = watch.initial(send_initial=send_initial)
            except StatusError as error:
                if error.code not in (410, 504):
                    raise
                ended = error.code == 504 and time.monotonic() >= deadline
                first, deadline = ([] if ended else [error_event(error)]), 0.0
            response = await _begin(exchange)
            if deadline and send_initial and is_true(exchange.query.get("allowWatchBookmarks", "")):
                first.append(watch.bookmark(initial_end=True))
            await response.write(writer.lines(first, self._api.now()))
            with contextlib.suppress(EndedError):
                await self._follow(watch, response, writer, deadline, exchange)
        return response

    @contextlib.contextmanager
    def _open_until(self, watch: Watch) -> Iterator[None]:
        self._open.add(watch)
        try:
            yield
        finally:
            self._open.discard(watch)

    async def _follow(
        self,
        watch: Watch,
        response: web.StreamResponse,
        writer: EventWriter,
        deadline: float,
        exchange: Exchange,
    ) -> None:
        bookmarks = is_true(exchange.query.get("allowWatchBookmarks", ""))
        next_bookmark = time.monotonic() + self._interval
        while (left := deadline - time.monotonic()) > 0:
            until_bookmark = next_bookmark - time.monotonic() if bookmarks else left
            events = await watch.next_events(min(left, max(until_bookmark, 0.0)))
            if not events and bookmarks and time.monotonic() >= next_bookmark:
                events = [watch.bookmark()]
                next_bookmark = time.monotonic() + self._interval
            if events:
                await response.write(writer.lines(events, self._api.now()))


class Logs:
    """Answers pods/log through the node agent."""

    def __init__(self, api: Api, providers: Providers) -> None:
        self._api = api
        self._providers = providers

    async def answer(self, exchange: Exchange) -> web.StreamResponse:
        target, given = exchange.target, exchange.query
        pod = self._api.get(kinds.POD, target.name, target.space)
        wanted = LogRequest(
            container=_container(pod, given.get("container", "")),
            follow=is_true(given.get("follow", "")),
            previous=is_true(given.get("previous", "")),
            timestamps=is_true(given.get("timestamps", "")),
            tail_lines=options.integer(given, "tailLines"),
            limit_bytes=options.integer(given, "limitBytes"),
            since=self._since(given),
        )
        if self._providers.logs is None:
            raise unavailable("no node agent serves logs; start the embedded cluster with one")
        chunks = self._providers.logs(pod, wanted)
        first = await _first(chunks)
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(exchange.request)
        if first:
            await response.write(first)
        async for chunk in chunks:
            await response.write(chunk)
        return response

    def _since(self, given: Mapping[str, str]) -> float | None:
        if text := given.get("sinceTime", ""):
            try:
                return unix_seconds(text)
            except ValueError as error:
                raise bad_request(f"sinceTime: {text!r} is no time as of RFC 3339") from error
        ago = options.integer(given, "sinceSeconds")
        return None if ago is None else self._api.now() - ago


async def _begin(exchange: Exchange) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = media.JSON
    response.headers["Cache-Control"] = "no-cache, private"
    response.enable_chunked_encoding()
    await response.prepare(exchange.request)
    return response


def _abort(exchange: Exchange) -> None:
    """A reader this slow does not see an orderly end; it is cut, and will list anew."""
    log.warning("a watch of %s by %s fell too far behind and was cut; its reader must be faster",
                exchange.kind.resource, exchange.user.name)  # fmt: skip
    if exchange.request.transport is not None:
        exchange.request.transport.abort()


async def _first(chunks: AsyncIterator[bytes]) -> bytes:
    """The first chunk, asked for before the answer begins, so that a refusal has its status."""
    try:
        return await anext(chunks)
    except StopAsyncIteration:
        return b""


def _timeout(given: Mapping[str, str]) -> float:
    """Without a timeoutSeconds a watch lasts 30 to 60 minutes, so that not all end at once."""
    asked = options.integer(given, "timeoutSeconds")
    return min(asked, _LONGEST_TIMEOUT) if asked else _DEFAULT_TIMEOUT * (1 + random.random())


def _sends_initial(given: Mapping[str, str]) -> bool:
    wanted, match = is_true(given.get("sendInitialEvents", "")), given.get("resourceVersionMatch")
    if wanted and match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
    elif match and "sendInitialEvents" not in given:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
    else:
        return wanted
    cause = Cause(FORBIDDEN, f"Forbidden: {why}", "resourceVersionMatch")
    raise invalid_as("meta.k8s.io", "ListOptions", "", [cause])


def _container(pod: Obj, asked: str) -> str:
    """The container whose log is meant; raises 400."""
    name = pod["metadata"]["name"]
    names = [each["name"] for each in pod["spec"]["containers"]]
    names += [each["name"] for each in pod["spec"].get("initContainers", [])]
    if asked:
        if asked not in names:
            raise bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    if len(pod["spec"]["containers"]) > 1:
        listed = " ".join(names)
        raise bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{listed}]"
        )
    first: str = names[0]
    return first
