"""Watches: from which state a stream starts, which changes it shows, and how it falls behind.

A Watch is an asynchronous source of Events over the store; `http/watches` writes them out, and this
file knows no HTTP.
https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import orjson

from shared.embedded import declarations
from shared.embedded.api.listing import parse_version
from shared.embedded.errors import StatusError, expired, too_large_version
from shared.embedded.storage.records import CompactedError, Entry, EventType, make_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from shared.embedded.api.listing import Query
    from shared.embedded.kinds import Kind
    from shared.embedded.storage.records import Record
    from shared.embedded.storage.store import Store
    from shared.service.objects import Obj

BACKLOG: Final = 20_000
"""Events that may wait for a slow reader before its watch is cut (it then lists anew)."""

BACKLOG_BYTES: Final = 16 * 2**20
"""Bytes of JSON that those events may have; one event may have more."""

_FUTURE_PATIENCE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream. BOOKMARK and ERROR have no entry; their object is `object`."""

    type: EventType | Literal["BOOKMARK", "ERROR"]
    entry: Entry | None
    object: Obj

    def line(self, kind: Kind) -> bytes:
        """The event as a line of JSON; stored objects are shown by their bytes as they are."""
        if self.entry is None or kind.hub is not kind:
            convert = declarations.of(kind).conversion.from_stored
            shown = convert(self.object) if self.entry else self.object
            return orjson.dumps({"type": self.type, "object": shown}) + b"\n"
        head = f'{{"type":"{self.type}","object":{{"kind":"{kind.kind}","apiVersion":'
        return b'%s"%s",%s}\n' % (head.encode(), kind.api_version.encode(), self.entry.raw[1:])


class EndedError(Exception):
    """The stream is over: its reader fell too far behind, or the server closes."""


def error_event(error: StatusError) -> Event:
    return Event("ERROR", None, error.status())


class Watch:
    """A subscription to the changes that `query` selects; use as a context manager.

    `initial` is what the stream begins with; `next_events` gives what came since, in order. More
    than `backlog` waiting events, or BACKLOG_BYTES of them, end the watch and call `on_overrun`.
    """

    def __init__(
        self,
        store: Store,
        kind: Kind,
        query: Query,
        *,
        backlog: int = BACKLOG,
        on_overrun: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._kind = kind
        self._query = query
        self._backlog = backlog
        self._queue: deque[Event] = deque()
        self._waiting = 0  # bytes of JSON in the queue
        self._arrived = asyncio.Event()
        self._on_overrun = on_overrun
        self._ended = False
        self._stop = store.listen(self._follow)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def end(self) -> None:
        """Let the reader meet EndedError, now or at its next wait."""
        self._ended = True
        self._clear()
        self._arrived.set()

    def initial(self, send_initial: bool = False, *, mark_end: bool = False) -> list[Event]:
        """The state now (no version, version 0, or `send_initial`), or what followed a version.

        It covers all that happened so far; `next_events` goes on from here. `mark_end` adds, after
        a state that was asked for by `send_initial`, the bookmark that says so.
        """
        self._clear()
        version = parse_version(self._query.version)
        if version > self._store.version:
            raise too_large_version(version, self._store.version)
        if version == 0 or send_initial:
            end = [self.bookmark(initial_end=True)] if send_initial and mark_end else []
            return [*self._present(), *end]
        try:
            return list(self._selected(self._store.since(version)))
        except CompactedError as error:
            raise expired(f"too old resource version: {version} ({error.oldest})") from error

    async def reached(self, timeout: float) -> None:
        """Wait, as kube-apiserver does, a moment for a resourceVersion of the future."""
        version = parse_version(self._query.version)
        if version > self._store.version:
            await asyncio.sleep(min(timeout, _FUTURE_PATIENCE))

    def bookmark(self, *, initial_end: bool = False) -> Event:
        """All up to the present version has been shown; say so only while no event waits."""
        metadata: Obj = {"resourceVersion": str(self._store.version)}
        if initial_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        head = {"kind": self._kind.kind, "apiVersion": self._kind.api_version}
        return Event("BOOKMARK", None, {**head, "metadata": metadata})

    async def next_events(self, timeout: float) -> list[Event]:
        """The events that wait, at least one unless `timeout` seconds pass without any."""
        if not self._queue and not self._ended:
            try:
                async with asyncio.timeout(timeout):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        if self._ended:
            raise EndedError
        events = list(self._queue)
        self._clear()
        self._arrived.clear()
        return events

    def _clear(self) -> None:
        self._queue.clear()
        self._waiting = 0

    def _present(self) -> Iterable[Event]:
        for entry in self._store.entries(self._kind.bucket, self._query.namespace):
            if self._query.selects(entry.object):
                yield Event("ADDED", entry, entry.object)

    def _follow(self, record: Record) -> None:
        for event in self._selected((record,)):
            if self._ended:
                return
            size = len(event.entry.raw) if event.entry else 0
            full = self._queue and self._waiting + size > BACKLOG_BYTES
            if full or len(self._queue) >= self._backlog:
                self.end()
                self._on_overrun()
                return
            self._queue.append(event)
            self._waiting += size
            self._arrived.set()

    def _selected(self, records: Iterable[Record]) -> Iterable[Event]:
        for record in records:
            namespace = self._query.namespace
            if record.bucket != self._kind.bucket:
                continue
            if namespace is None or record.entry.key[0] == namespace:
                yield from self._transition(record)

    def _transition(self, record: Record) -> Iterable[Event]:
        """An object that begins or ceases to match appears or vanishes for this watch."""
        was = record.old is not None and self._query.selects(record.old.object)
        matches = record.type != "DELETED" and self._query.selects(record.entry.object)
        if matches:
            yield Event("MODIFIED" if was else "ADDED", record.entry, record.entry.object)
        elif was and record.type == "DELETED":
            yield Event("DELETED", record.entry, record.entry.object)
        elif was and record.old is not None:
            last = make_entry(dict(record.old.object), record.version)
            yield Event("DELETED", last, last.object)
