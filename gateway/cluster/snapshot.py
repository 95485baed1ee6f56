"""The file of the last route table (GATEWAY_SNAPSHOT): written when the table changes, read by a
gateway that starts while the API server is away.

Only `process` uses it. It knows the feed as what has a table and says when that changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
import time
from typing import TYPE_CHECKING, Final

from gateway.cluster import saved_table
from gateway.cluster.saved_table import SavedError

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.cluster.feed import Feed
    from gateway.cluster.saved_table import Entry
    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

PERIOD: Final = 5.0
"""Seconds between two looks whether the table has changed."""
MOST: Final = 64 * 1024 * 1024
"""Bytes of the file; a table of ten thousand services with ten pods each has about twenty."""
_BATCH: Final = 200
"""Services after which the thread that writes lets the event loop have the interpreter."""


class Snapshot:
    """The file at `path`, of the table of one namespace."""

    def __init__(self, path: Path, namespace: str) -> None:
        self.failures = 0
        self._path = path
        self._namespace = namespace
        self._written = 0
        self._told = False

    def load(self) -> tuple[list[Entry], float] | None:
        """The services in the file, and when they were confirmed last (unix time); None when there
        is no file, or none to be trusted, which is told."""
        try:
            data, confirmed = _private(self._path)
            return saved_table.read(data, self._namespace), confirmed
        except FileNotFoundError:
            log.info("there is no last table at %s", self._path)
        except (OSError, SavedError) as error:
            log.error(
                "the last table at %s is not used: %s; delete it, or see GATEWAY_SNAPSHOT",
                self._path,
                error,
            )
        return None

    async def run(self, feed: Feed, clock: Clock) -> None:
        """Keep the file up to date for ever."""
        await feed.synced.wait()
        while True:
            try:
                await self._keep(feed, clock)
                self._told = False
            except (OSError, SavedError) as error:
                self._failed(error)
            await clock.sleep(PERIOD)

    async def _keep(self, feed: Feed, clock: Clock) -> None:
        if feed.changes == self._written:
            confirmed = clock.now() - feed.age()
            with contextlib.suppress(FileNotFoundError):
                os.utime(self._path, (confirmed, confirmed))
                return
        changes, table = feed.changes, feed.table()
        await asyncio.to_thread(self._write, table)
        self._written = changes

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        if not self._told:
            self._told = True
            log.error(
                "cannot write the last table to %s: %s; a gateway that starts while the API server "
                "is away will not have it; see GATEWAY_SNAPSHOT",
                self._path,
                error,
            )

    def _write(self, table: list[Entry]) -> None:
        """In a thread: put the whole file in place at once, for its owner alone."""
        lines, size = [], 0
        for number, line in enumerate(saved_table.lines(table)):
            lines.append(line)
            size += len(line)
            if number % _BATCH == _BATCH - 1:
                time.sleep(0)
        if size > MOST - 1024:
            raise SavedError(f"it would have more than {MOST} bytes")
        draft = self._path.with_name(self._path.name + ".new")
        draft.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            file.write(saved_table.joined(self._namespace, lines))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _private(path: Path) -> tuple[bytes, float]:
    """The content and the time of a file that only we (or root) can have written.

    Who writes it says where requests go. Raises OSError and SavedError.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SavedError("it is no file")
        if status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
            raise SavedError("others could have written it")
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise SavedError(f"it has more than {MOST} bytes")
    return data, status.st_mtime
