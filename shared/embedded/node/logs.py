"""Reading the logs of containers that the shim writes: the present run and the one before.

Called by `providers` for pods/log, and by a container for its last words. Source:
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod
"""

from __future__ import annotations

import asyncio
import math
import os
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from io import BufferedReader
    from pathlib import Path

    from shared.embedded.api.providers import LogRequest

POLL: Final = 0.1  # seconds between two looks at a log that is followed
KEPT: Final = 2  # runs of a container whose logs are kept


def path(directory: Path, run: int) -> Path:
    """The log of the container's `run` (its restart count)."""
    return directory / f"{run}.log"


def prune(directory: Path, run: int) -> None:
    """Forget the logs of runs that are older than those kept."""
    for old in directory.glob("*.log*"):
        number = old.name.partition(".")[0]
        if number.isdigit() and int(number) <= run - KEPT:
            old.unlink(missing_ok=True)


class LogReader:
    """Reads one run's log from its beginning, across its rotation, as far as it is written."""

    def __init__(self, log: Path, options: LogRequest) -> None:
        self._log = log
        self._options = options
        self._file: BufferedReader | None = None
        self._rest = b""
        self._left = options.limit_bytes
        self._within = False  # a line, of which the next record is a further part

    def first(self) -> bytes:
        """What is there now, as the options want it; the rotated part comes first."""
        current = self._new_records()
        records = _since([*self._rotated(), *current], self._options.since)
        if self._options.tail_lines is not None:
            records = _tail(records, self._options.tail_lines)
        return self._shown(records)

    def more(self) -> bytes:
        """What came since; empty when nothing did."""
        return self._shown(self._new_records())

    @property
    def full(self) -> bool:
        """As many bytes were given as the options allow."""
        return self._left == 0

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _rotated(self) -> list[bytes]:
        try:
            with _rotated(self._log).open("rb") as file:
                if self._file is not None and _same(file, self._file):
                    return []
                return [record for record in file.read().split(b"\n") if record]
        except FileNotFoundError:
            return []

    def _new_records(self) -> list[bytes]:
        data = self._read()
        *records, self._rest = (self._rest + data).split(b"\n")
        return records

    def _read(self) -> bytes:
        """The rest of the open file; at its end, that of the one which took its place."""
        if self._file is not None and os.fstat(self._file.fileno()).st_size < self._file.tell():
            self._file.seek(0, os.SEEK_END)  # half a record was taken back: the disk was full
            self._rest = b""
        data = self._file.read() if self._file is not None else b""
        try:
            current = self._log.open("rb")
        except FileNotFoundError:
            return data
        if self._file is not None and _same(current, self._file):
            current.close()
            return data
        if self._file is not None:
            data += self._file.read()
            self._file.close()
        self._file = current
        return data + current.read()

    def _shown(self, records: Iterable[bytes]) -> bytes:
        text = b"".join(map(self._text, records))
        if self._left is not None:
            text = text[: self._left]
            self._left -= len(text)
        return text

    def _text(self, record: bytes) -> bytes:
        """A record as it is shown; parts of one line are joined, and stamped once."""
        stamp, _, tag, text = [*record.split(b" ", 3), b"", b"", b""][:4]
        shown = b"" if self._within or not self._options.timestamps else stamp + b" "
        self._within = tag == b"P"
        return shown + text + (b"" if self._within else b"\n")


def read(log: Path, options: LogRequest) -> bytes:
    """The log's text; empty when there is none yet."""
    reader = LogReader(log, options)
    try:
        return reader.first()
    finally:
        reader.close()


async def follow(log: Path, options: LogRequest, ended: asyncio.Event) -> AsyncIterator[bytes]:
    """What is there, then what comes, until `ended` is set and everything was given."""
    reader = LogReader(log, options)
    try:
        yield await asyncio.to_thread(reader.first)
        while not reader.full:
            over = ended.is_set()
            data = await asyncio.to_thread(reader.more)
            if data:
                yield data
            elif over:
                return
            else:
                await asyncio.sleep(POLL)
    finally:
        reader.close()


def _rotated(log: Path) -> Path:
    return log.with_name(log.name + ".1")


def _same(one: BufferedReader, other: BufferedReader) -> bool:
    return os.path.sameopenfile(one.fileno(), other.fileno())


def _since(records: Iterable[bytes], since: float | None) -> Iterable[bytes]:
    if since is None:
        return records
    return (record for record in records if _time(record) >= since)


def _time(record: bytes) -> float:
    stamp = record.partition(b" ")[0].decode(errors="replace")
    try:
        return datetime.fromisoformat(stamp[:26] + "+00:00").timestamp()
    except ValueError:  # a power cut left half a record: it is shown, not met with an error
        return math.inf


def _tail(records: Iterable[bytes], count: int) -> Iterable[bytes]:
    """The last `count` lines; parts of one long line count once."""
    kept: deque[list[bytes]] = deque(maxlen=count)
    line: list[bytes] = []
    for record in records:
        line.append(record)
        if b" stdout F " in record[:48]:
            kept.append(line)
            line = []
    if line:
        kept.append(line)
    return (record for line in kept for record in line)
