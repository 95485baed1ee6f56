"""Damaged stores: each starts right or is told; nothing is deleted, and none is silent."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.embedded import recovery
from shared.embedded.files import DamagedError
from shared.embedded.storage import wal
from shared.embedded.storage.journal import Journal, JournalError
from shared.embedded.storage.store import Store

COUNT = 60


def fill(path: Path, *, kill: bool = False) -> None:
    """A store of objects; `kill` leaves it as a killed process does, with its log beside it."""
    store = Store(Journal(path))
    for number in range(COUNT):
        metadata = {"name": f"n{number:02d}", "namespace": "x"}
        store.put("configmaps", {"metadata": metadata, "data": {"k": "v" * 500}})
    if kill:
        for name in (path.name, path.name + "-wal"):
            shutil.copyfile(path.with_name(name), path.with_name("killed-" + name))
    store.close()
    if kill:
        for name in (path.name, path.name + "-wal"):
            path.with_name("killed-" + name).replace(path.with_name(name))


def count(path: Path) -> int:
    """The objects that a start finds; raises DamagedError or JournalError."""
    journal = Journal(path)
    try:
        return len(Store(journal).entries("configmaps"))
    finally:
        journal.close()


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def sql(statement: str) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        with sqlite3.connect(path) as db:
            db.execute(statement)
        db.close()

    return run


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied_beside_its_log(path: Path) -> None:
    fill(path, kill=True)
    path.write_bytes(b"")


def gone_beside_its_log(path: Path) -> None:
    fill(path, kill=True)
    path.unlink()


def folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def log_cut(path: Path) -> None:
    fill(path, kill=True)
    os.truncate(wal.log_of(path), wal.log_of(path).stat().st_size // 2)


def log_changed(path: Path) -> None:
    fill(path, kill=True)
    flip(wal.log_of(path), 5_000)


def log_without_head(path: Path) -> None:
    fill(path, kill=True)
    flip(wal.log_of(path), 20)


def zeros(path: Path) -> None:
    path.write_bytes(bytes(9_000))


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x55
    path.write_bytes(bytes(data))


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (cut, "damaged"),
    (sql("UPDATE object SET data = 'no json' WHERE name = 'n07'"), "x/n07 is no JSON"),
    (sql("UPDATE object SET data = '[1]' WHERE name = 'n07'"), "x/n07 is no JSON"),
    (sql("UPDATE object SET data = '{}' WHERE name = 'n07'"), "x/n07 is no JSON"),
    (sql("UPDATE object SET name = 'other' WHERE name = 'n07'"), "under another name"),
    (sql("INSERT INTO object VALUES ('widgets', 'x', 'a', 9, '{}')"), "widgets x/a is of a type"),
    (sql("DROP TABLE object"), "damaged"),
    (emptied_beside_its_log, "it is empty, but its log"),
    (gone_beside_its_log, "it is missing, but its log"),
    (folder_in_its_place, "it is no file"),
    (log_cut, "cut off"),
    (log_changed, "changed in the middle"),
    (log_without_head, "first bytes"),
    (zeros, "damaged"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_damage_is_told_and_what_can_be_read_is_saved(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / recovery.STORE
    fill(path)
    damage(path)
    before = content(tmp_path)
    with pytest.raises(DamagedError, match=said) as told:
        count(path)
    assert "--recover" in str(told.value)
    after = content(tmp_path)
    assert {name: after[name] for name in before} == before, "nothing was changed"

    words = recovery.recover(tmp_path, 0.0)
    assert ".damaged-19700101T000000Z" in words[0]
    kept = content(tmp_path)
    assert {before[name] for name in before} <= set(kept.values()), "nothing was deleted"
    read = count(path)
    assert f"{read} objects of it could be read" in words[1]
    if "UPDATE" in said or "x/n07" in said:
        assert read == COUNT - 1
        assert "x/n07" in words[2]
    assert recovery.recover(tmp_path, 0.0) == [], "a sound home is left alone"


@pytest.mark.parametrize("kill", [False, True])
def test_any_changed_byte_starts_right_or_is_told(tmp_path: Path, kill: bool) -> None:
    sound = tmp_path / "sound"
    sound.mkdir()
    fill(sound / "s.db", kill=kill)
    dice = random.Random(7)
    told = 0
    for number in range(25 if kill else 150):
        place = tmp_path / str(number)
        shutil.copytree(sound, place)
        victim = dice.choice(sorted(place.iterdir()))
        data = bytearray(victim.read_bytes())
        for _ in range(dice.choice((1, 1, 40))):
            data[dice.randrange(len(data))] ^= dice.randrange(1, 256)
        victim.write_bytes(bytes(data))
        try:
            found = count(place / "s.db")
        except (DamagedError, JournalError):
            told += 1
        else:
            assert found >= COUNT - 1, "the last change at most, which was not whole in the log"
        shutil.rmtree(place)
    assert told > 3


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "s.db")
    sql("PRAGMA user_version = 99")(tmp_path / "s.db")
    with pytest.raises(JournalError, match="newer version"):
        count(tmp_path / "s.db")


def between_writes(size: int) -> int:
    """The length of a log of this size without what the last frame has after its head."""
    return size - 4096


def within_a_write(size: int) -> int:
    """The same with as much of the last frame as fits on a page that the kernel had begun."""
    return (size - 1) // 4096 * 4096


@pytest.mark.parametrize("end", [between_writes, within_a_write])
def test_what_a_killed_process_left_is_whole(tmp_path: Path, end: Callable[[int], int]) -> None:
    path = tmp_path / "s.db"
    fill(path, kill=True)
    log = wal.log_of(path)
    whole = log.stat().st_size
    assert wal.faults(log.read_bytes()) == ""
    assert whole - 4096 <= end(whole) < whole
    os.truncate(log, end(whole))
    assert count(path) == COUNT - 1
