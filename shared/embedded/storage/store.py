"""The cluster's objects in memory, their journal on disk, and the log of recent changes.

Reads never touch the disk. An object is kept as a dict and, beside it, as the JSON bytes that lists
and watches join; neither is ever changed in place. Every write takes the next resourceVersion. Read
and written by `api`; it knows no rules.
"""

from __future__ import annotations

import contextlib
import gc
from collections import deque
from typing import TYPE_CHECKING, Final

import orjson

from shared.embedded.declarations import HUBS
from shared.embedded.storage.journal import DamagedStoreError, Journal, Row
from shared.embedded.storage.records import CompactedError, Entry, Record, make_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shared.service.objects import Obj


HISTORY: Final = 20_000
HISTORY_BYTES: Final = 128 * 2**20
"""Changes, and bytes of memory, that the log of recent changes may have."""

_MEMORY: Final = 4
"""Bytes of memory that a change takes for each byte of JSON of its two states, measured: the JSON
itself, and dicts and strings beside it."""


class _Bucket:
    """The objects of one type, by namespace and name, with cached sort orders."""

    def __init__(self) -> None:
        self._spaces: dict[str, dict[str, Entry]] = {}
        self._sorted: dict[str, list[str]] = {}

    def get(self, namespace: str, name: str) -> Entry | None:
        return self._spaces.get(namespace, {}).get(name)

    def put(self, entry: Entry) -> None:
        namespace, name = entry.key
        space = self._spaces.setdefault(namespace, {})
        if name not in space:
            self._sorted.pop(namespace, None)
        space[name] = entry

    def remove(self, namespace: str, name: str) -> None:
        space = self._spaces[namespace]
        del space[name]
        self._sorted.pop(namespace, None)
        if not space:
            del self._spaces[namespace]

    def holds(self, namespace: str) -> bool:
        return namespace in self._spaces

    def entries(self, namespace: str | None) -> list[Entry]:
        spaces = sorted(self._spaces) if namespace is None else [namespace]
        return [entry for space in spaces for entry in self._space(space)]

    def _space(self, namespace: str) -> Iterator[Entry]:
        space = self._spaces.get(namespace)
        if space is None:
            return iter(())
        order = self._sorted.get(namespace)
        if order is None:
            order = self._sorted[namespace] = sorted(space)
        return (space[name] for name in order)


class Store:
    """All objects.

    history, history_bytes: bound the log of changes that watches can resume from, by their number
    and by the memory that they take, about; the last change is always kept.
    """

    def __init__(
        self, journal: Journal, history: int = HISTORY, history_bytes: int = HISTORY_BYTES
    ) -> None:
        self._journal = journal
        self._buckets: dict[str, _Bucket] = {}
        self._log: deque[Record] = deque()
        self._history = history
        self._history_bytes = history_bytes
        self._log_bytes = 0
        self._listeners: list[Callable[[Record], None]] = []
        self._undelivered: deque[Record] = deque()
        self._delivering = False
        with _uncollected():
            for row in journal.load():
                try:
                    entry = restored(row)
                except ValueError as error:
                    raise DamagedStoreError(journal.path, str(error)) from error
                self._bucket(row.bucket).put(entry)
        self.version = journal.version()
        self._start = self.version

    @property
    def oldest(self) -> int:
        """The earliest resourceVersion from which every change since is still known."""
        return self._start

    def get(self, bucket: str, namespace: str, name: str) -> Entry | None:
        return self._bucket(bucket).get(namespace, name)

    def entries(self, bucket: str, namespace: str | None = None) -> list[Entry]:
        """The objects of `namespace` (None: of all), by namespace and name."""
        return self._bucket(bucket).entries(namespace)

    def entries_at(self, bucket: str, namespace: str | None, version: int) -> list[Entry]:
        """The objects as they were at `version`; raises CompactedError."""
        if version >= self.version:
            return self.entries(bucket, namespace)
        state = {entry.key: entry for entry in self.entries(bucket, namespace)}
        for record in reversed(self.since(version)):
            if record.bucket != bucket or namespace not in (None, record.entry.key[0]):
                continue
            if record.old is None:
                del state[record.entry.key]
            else:
                state[record.entry.key] = record.old
        return [state[key] for key in sorted(state)]

    def since(self, version: int) -> Sequence[Record]:
        """The changes after `version`, oldest first; raises CompactedError."""
        if version < self.oldest:
            raise CompactedError(self.oldest)
        recent: list[Record] = []
        for record in reversed(self._log):
            if record.version <= version:
                break
            recent.append(record)
        recent.reverse()
        return recent

    def is_empty(self, namespace: str) -> bool:
        """Whether no object of any type is in `namespace`."""
        return not any(bucket.holds(namespace) for bucket in self._buckets.values())

    def put(self, bucket: str, obj: Obj) -> Entry:
        """Keep `obj` (which the store now owns) under the next resourceVersion."""
        version = self.version + 1
        entry = make_entry(obj, version)
        namespace, name = entry.key
        old = self.get(bucket, namespace, name)
        self._journal.put(Row(bucket, namespace, name, version, entry.raw))
        self._bucket(bucket).put(entry)
        self._commit(Record("MODIFIED" if old else "ADDED", bucket, entry, old))
        return entry

    def remove(self, bucket: str, obj: Obj) -> Entry:
        """Drop the object that `obj` (which the store now owns) is the last state of."""
        version = self.version + 1
        entry = make_entry(obj, version)
        namespace, name = entry.key
        old = self.get(bucket, namespace, name)
        self._journal.remove(bucket, namespace, name, version)
        self._bucket(bucket).remove(namespace, name)
        self._commit(Record("DELETED", bucket, entry, old))
        return entry

    def listen(self, callback: Callable[[Record], None]) -> Callable[[], None]:
        """Have `callback` called with each change, in order; the result ends that.

        A change made inside a callback is delivered after the present one is through.
        """
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def settle(self) -> None:
        """Have all that is stored in one file; call it when nobody is served yet."""
        self._journal.settle()

    def close(self) -> None:
        self._journal.close()

    def _bucket(self, name: str) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket()
        return bucket

    def _remember(self, record: Record) -> None:
        self._log.append(record)
        self._log_bytes += _cost(record)
        while len(self._log) > self._history or (
            self._log_bytes > self._history_bytes and len(self._log) > 1
        ):
            forgotten = self._log.popleft()
            self._log_bytes -= _cost(forgotten)
            self._start = forgotten.version

    def _commit(self, record: Record) -> None:
        self.version = record.version
        self._remember(record)
        self._undelivered.append(record)
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._undelivered:
                current = self._undelivered.popleft()
                for listener in tuple(self._listeners):
                    listener(current)
        finally:
            self._delivering = False


def _cost(record: Record) -> int:
    """Bytes of memory that the log keeps alive for `record`, about."""
    old = len(record.old.raw) if record.old else 0
    return _MEMORY * (len(record.entry.raw) + old)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without cyclic garbage collection, which takes most of the time when much is built."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def restored(row: Row) -> Entry:
    """The object of a row; raises ValueError when it is none of this program's."""
    what = f"{row.bucket} {row.namespace}/{row.name}"
    kind = HUBS.get(row.bucket)
    if kind is None:
        raise ValueError(f"{what} is of a type that this version does not know")
    try:
        obj = {"kind": kind.kind, "apiVersion": kind.api_version, **orjson.loads(row.data)}
        entry = Entry(obj, row.data, row.version)
        sound = entry.key == (row.namespace, row.name)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{what} is no JSON of an object") from error
    if not sound:
        raise ValueError(f"{what} is stored under another name")
    return entry
