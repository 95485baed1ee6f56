"""The journal: one process at a time, and nothing acknowledged is lost by kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.embedded.storage.journal import Journal, JournalError, Row

WRITER = """
import sys
from pathlib import Path
from shared.embedded.storage.journal import Journal, Row
journal = Journal(Path(sys.argv[1]))
version = journal.version()
while True:
    version += 1
    journal.put(Row("configmaps", "x", f"n{version % 50}", version, b'{"a":1}'))
    if version % 7 == 0:
        version += 1
        journal.remove("configmaps", "x", f"n{(version - 1) % 50}", version)
    print(version, flush=True)
"""
ROOT = Path(__file__).parents[4]


def test_what_was_acknowledged_survives_kill(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    reached = 0
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert writer.stdout is not None
        for _ in range(200):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        journal = Journal(path)
        assert journal.version() >= acknowledged > reached
        rows = {row.name: row.version for row in journal.load()}
        assert len(rows) > 20
        assert max(rows.values()) <= journal.version()
        reached = journal.version()
        journal.close()


def test_a_second_process_is_told_to_stop_the_first(tmp_path: Path) -> None:
    held = Journal(tmp_path / "store.db")
    with pytest.raises(JournalError, match="stop it first"):
        Journal(tmp_path / "store.db")
    held.close()
    Journal(tmp_path / "store.db").close()


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("this is not a database, but long enough to be taken for one" * 20)
    with pytest.raises(JournalError, match="move the file away"):
        Journal(path)


def test_rows_come_back_as_they_were_put() -> None:
    journal = Journal()
    journal.put(Row("pods", "x", "a", 7, b"{}"))
    journal.put(Row("pods", "x", "a", 8, b'{"b":2}'))
    assert list(journal.load()) == [Row("pods", "x", "a", 8, b'{"b":2}')]
    assert journal.version() == 8
    journal.remove("pods", "x", "a", 9)
    assert list(journal.load()) == []
    assert journal.version() == 9
    journal.close()
