"""Starting from what can be read: damaged files of a home are kept aside, and rows are saved.

Called by `cluster` before anything is opened, when the user asked for it. Nothing is deleted: a
damaged file gets a name with the date, beside where it was.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.embedded.access import certificate, identity
from shared.embedded.declarations import HUBS
from shared.embedded.files import DamagedError
from shared.embedded.storage import wal
from shared.embedded.storage.journal import READ, Journal, Row
from shared.embedded.storage.store import Store, restored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STORE: Final = "cluster.db"


def recover(home: Path, now: float) -> Sequence[str]:
    """Put right what is damaged in `home`; a sentence for each thing done. `now` in Unix seconds.

    Raises JournalError for a store that is not damaged but cannot be opened.
    """
    return [*_store(home / STORE, now), *_certificate(home / certificate.FOLDER, now),
            *_identity(home, now)]  # fmt: skip


def _store(path: Path, now: float) -> Iterator[str]:
    try:
        journal = Journal(path)
        with contextlib.closing(journal):
            Store(journal)
    except DamagedError as error:
        aside = [_aside(each, now) for each in (path, wal.log_of(path)) if each.exists()]
        rows, version, lost = _saved(aside, path)
        _written(path, rows, version)
        kept = " and ".join(map(str, aside))
        yield f"{path} was damaged ({_reason(error)}) and is kept as {kept}"
        yield f"{len(rows)} objects of it could be read; what else it held is lost"
        yield from (f"lost: {each}" for each in lost)


def _certificate(folder: Path, now: float) -> Iterator[str]:
    if not folder.exists():
        return
    try:
        certificate.check(certificate.obtain(folder, now))
    except DamagedError as error:
        yield f"{folder} was damaged ({_reason(error)}) and is kept as {_aside(folder, now)}"


def _identity(home: Path, now: float) -> Iterator[str]:
    try:
        identity.obtain(home)
    except DamagedError:
        path = home / identity.FILE
        yield f"{path} was damaged and is kept as {_aside(path, now)}"


def _reason(error: DamagedError) -> str:
    return str(error).partition(" is damaged: ")[2].partition("; nothing was changed")[0]


def _aside(path: Path, now: float) -> Path:
    """Give the file another name, which says when; the new path."""
    date = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{date}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{date}-{number}")
    return path.rename(aside)


def _saved(aside: Sequence[Path], path: Path) -> tuple[list[Row], int, list[str]]:
    """What can be read of the files kept aside: rows, the highest version, and what is lost."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        for each in aside:  # SQLite changes what it opens, so it gets a copy
            if each.is_file():
                shutil.copyfile(each, Path(folder) / each.name.partition(".damaged-")[0])
        found = list(_read(Path(folder) / path.name))
    rows, lost = [], []
    for row in found:
        try:
            restored(row)
        except ValueError as error:
            lost.append(str(error))
        else:
            rows.append(row)
    return rows, max((row.version for row in rows), default=0), lost


def _read(path: Path) -> Iterator[Row]:
    """Every row that SQLite can reach, each once: of each type from both ends, for a page that
    cannot be read hides what is behind it."""
    seen: set[tuple[str, str, str]] = set()
    with contextlib.closing(sqlite3.connect(path)) as db:
        queries: list[tuple[str, tuple[str, ...]]] = [(READ, ())]
        for order in ("ASC", "DESC"):
            queries += [
                (f"{READ} WHERE bucket = ? ORDER BY namespace {order}, name {order}", (bucket,))
                for bucket in HUBS
            ]
        for query, values in queries:
            with contextlib.suppress(sqlite3.Error, UnicodeError):
                for found in db.execute(query, values):
                    row = Row(*found)
                    if row[:3] not in seen and isinstance(row.version, int):
                        seen.add(row[:3])
                        yield row


def _written(path: Path, rows: Sequence[Row], version: int) -> None:
    """A new store of `rows`. Versions go on far above those lost: nobody may take a new state for
    one that he has seen."""
    journal = Journal(path)
    with contextlib.closing(journal):
        for row in rows:
            journal.put(row)
        journal.remove("", "", "", version + 1_000_000)
