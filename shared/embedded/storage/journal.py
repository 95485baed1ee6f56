"""The objects on disk: one SQLite row each, written in the transaction that a request waits for.

Called by the store alone. WAL with synchronous=NORMAL: what was answered survives the death of the
process, however it dies; a power cut may lose the last moments but leaves the file sound
(https://sqlite.org/wal.html). What can be known of damage before SQLite opens a file is in `wal`.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.embedded.errors import not_stored
from shared.embedded.files import DamagedError
from shared.embedded.storage import wal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

FORMAT: Final = 1
"""Of the file (`user_version`); 0 are files from before it was written down."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    bucket TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    version INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (bucket, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER);
INSERT OR IGNORE INTO state VALUES (1, 1);
"""

_VERSION = "SELECT max((SELECT version FROM state), ifnull((SELECT max(version) FROM object), 0))"
READ: Final = "SELECT bucket, namespace, name, version, data FROM object"


class JournalError(Exception):
    """The store cannot be opened; the message says what to do."""


class DamagedStoreError(JournalError, DamagedError):
    """The store can be opened, but is not what was written."""


class Row(NamedTuple):
    """One stored object: `data` is its JSON without `kind` and `apiVersion`."""

    bucket: str
    namespace: str
    name: str
    version: int
    data: bytes


class Journal:
    """The file at `path`, held by this process alone; None keeps nothing beyond the process.

    Raises JournalError when it cannot be opened, DamagedError when it is damaged.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._refused = 0  # writes in a row
        if path is not None:
            wal.check(path)
        try:
            self._db = _connect(path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_ERROR":  # tables or columns that are not ours
                raise DamagedStoreError(path, str(error)) from error
            raise JournalError(_remedy(path, error)) from error
        except (sqlite3.DatabaseError, UnicodeError) as error:
            raise DamagedStoreError(path, str(error)) from error

    def load(self) -> Iterator[Row]:
        """Every stored object; raises DamagedStoreError."""
        try:
            for row in self._db.execute(READ):
                yield Row(*row)
        except (sqlite3.Error, UnicodeError) as error:
            raise DamagedStoreError(self.path, str(error)) from error

    def version(self) -> int:
        """The highest resourceVersion ever given out."""
        try:
            row = self._db.execute(_VERSION).fetchone()
        except (sqlite3.Error, UnicodeError) as error:
            raise DamagedStoreError(self.path, str(error)) from error
        if not isinstance(row[0], int):
            raise DamagedStoreError(self.path, "it does not say its version")
        return row[0]

    def put(self, row: Row) -> None:
        """Keep `row`. Raises StatusError, with nothing changed, when it cannot be written."""
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?)", row)

    def remove(self, bucket: str, namespace: str, name: str, version: int) -> None:
        """Forget a row; `version` is the one of its deletion. Raises as `put` does."""
        with self._writing():
            self._db.execute("BEGIN")
            self._db.execute(
                "DELETE FROM object WHERE bucket = ? AND namespace = ? AND name = ?",
                (bucket, namespace, name),
            )
            self._db.execute("UPDATE state SET version = ?", (version,))
            self._db.execute("COMMIT")

    def settle(self) -> None:
        """Move what the log beside the file holds into the file, if there is room."""
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        try:
            self._db.close()
        except sqlite3.Error as error:  # its log stays beside it and is read at the next start
            log.warning("%s: %s", self.path, error)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._db.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
            self._note_refusal(error)
            raise not_stored(str(error)) from error
        if self._refused:
            log.warning("%s is written again; %d writes were refused", self.path, self._refused)
            self._refused = 0

    def _note_refusal(self, error: sqlite3.Error) -> None:
        if self.path is not None:
            wal.trim(self.path)
        if not self._refused:
            log.error(
                "%s cannot be written (%s): changes are refused until there is room on its disk; "
                "reads, watches and pods go on", self.path, error,
            )  # fmt: skip
        self._refused += 1


def _connect(path: Path | None) -> sqlite3.Connection:
    """An exclusive lock keeps a second process out; single statements commit by themselves."""
    db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=0.5)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _prepare(db, path)
        # The lock is taken by the first write, so write now rather than in the first request.
        db.execute("UPDATE state SET version = version")
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path | None) -> None:
    """Check what is there, and make what is missing."""
    (form,) = db.execute("PRAGMA user_version").fetchone()
    if form > FORMAT:
        raise JournalError(
            f"{path} was written by a newer version of this program (format {form}, this one "
            f"reads {FORMAT}): use that version, or choose another home"
        )
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    tables = {row[0] for row in db.execute(query)}
    if tables:
        if lacking := {"object", "state"} - tables:
            raise DamagedStoreError(path, f"it has no table {', '.join(sorted(lacking))}")
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise DamagedStoreError(path, " ".join(str(found).split()))
    db.executescript(_SCHEMA)
    if form != FORMAT:
        db.execute(f"PRAGMA user_version = {FORMAT}")
    if not tables:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _remedy(path: Path | None, error: sqlite3.OperationalError) -> str:
    """What to do when the file cannot be opened."""
    name = error.sqlite_errorname
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        advice = "make room on its disk and start again"
    elif name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        advice = "it must be a file that this user may read and write"
    else:
        advice = "if another embedded cluster runs on this store, stop it first"
    return f"{path}: {error}; {advice}"
