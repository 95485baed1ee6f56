"""The objects on disk: one SQLite row each, written in the transaction that a request waits for.

Called by the store alone. WAL with synchronous=NORMAL: what was answered survives the death of the
process, however it dies; a power cut may lose the last moments but leaves the file sound
(https://sqlite.org/wal.html).
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    bucket TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    version INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (bucket, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER);
INSERT OR IGNORE INTO state VALUES (1, 1);
"""


class JournalError(Exception):
    """The store cannot be opened; the message says what to do."""


class Row(NamedTuple):
    """One stored object: `data` is its JSON without `kind` and `apiVersion`."""

    bucket: str
    namespace: str
    name: str
    version: int
    data: bytes


class Journal:
    """The file at `path`, held by this process alone; None keeps nothing beyond the process."""

    def __init__(self, path: Path | None = None) -> None:
        try:
            self._db = _connect(path)
        except sqlite3.OperationalError as error:
            raise JournalError(
                f"{path}: {error}; if another embedded cluster runs on this store, stop it first"
            ) from error
        except sqlite3.DatabaseError as error:
            raise JournalError(f"{path}: {error}; move the file away to start afresh") from error

    def load(self) -> Iterator[Row]:
        """Every stored object."""
        for row in self._db.execute("SELECT bucket, namespace, name, version, data FROM object"):
            yield Row(*row)

    def version(self) -> int:
        """The highest resourceVersion ever given out."""
        row = self._db.execute(
            "SELECT max((SELECT version FROM state), ifnull((SELECT max(version) FROM object), 0))"
        ).fetchone()
        return int(row[0])

    def put(self, row: Row) -> None:
        self._db.execute("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?)", row)

    def remove(self, bucket: str, namespace: str, name: str, version: int) -> None:
        self._db.execute("BEGIN")
        self._db.execute(
            "DELETE FROM object WHERE bucket = ? AND namespace = ? AND name = ?",
            (bucket, namespace, name),
        )
        self._db.execute("UPDATE state SET version = ?", (version,))
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


def _connect(path: Path | None) -> sqlite3.Connection:
    """An exclusive lock keeps a second process out; single statements commit by themselves."""
    db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=0.5)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_SCHEMA)
        # The lock is taken by the first write, so write now rather than in the first request.
        db.execute("UPDATE state SET version = version")
    except sqlite3.Error:
        db.close()
        raise
    return db
