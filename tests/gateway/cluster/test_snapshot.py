"""The file of the last table: who may read it, who may have written it, and when it is written."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import TYPE_CHECKING, cast

import pytest

from gateway.cluster import snapshot
from gateway.cluster.feed import Feed
from gateway.cluster.snapshot import PERIOD, Snapshot
from gateway.services.spec import Endpoint, ServiceSpec
from shared.runtime.clock import ManualClock
from tests.tasks import running
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.cluster.saved_table import Entry


class _Feed:
    """A table that changes when the test says so."""

    def __init__(self) -> None:
        self.synced = asyncio.Event()
        self.changes = 1
        self.entries: list[Entry] = [(ServiceSpec("a"), (Endpoint("10.0.0.1", 80),))]

    def table(self) -> list[Entry]:
        return list(self.entries)

    def age(self) -> float:
        return 7.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table"


async def test_the_table_is_written_when_it_changes_and_for_us_alone(path: Path) -> None:
    feed, clock, kept = _Feed(), ManualClock(), Snapshot(path, "n")
    (path.with_name("table.new")).write_text("left by one that was killed")
    async with running(kept.run(cast(Feed, feed), clock)):
        await asyncio.sleep(0)
        assert not path.exists(), "nothing is known before the first listing"
        feed.synced.set()
        await until(lambda: clock.sleeping)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [one.name for one in path.parent.iterdir()] == ["table"]
        first = path.stat().st_ino

        await clock.advance(PERIOD)
        loaded = kept.load()
        assert loaded is not None
        assert loaded[0] == feed.entries
        assert loaded[1] == pytest.approx(clock.now() - 7.0), "confirmed, and not written again"
        assert path.stat().st_ino == first

        feed.changes, feed.entries = 2, []
        await clock.advance(PERIOD)
        await until(lambda: (found := kept.load()) is not None and not found[0])


async def test_a_file_that_is_gone_is_written_again(path: Path) -> None:
    feed, clock, kept = _Feed(), ManualClock(), Snapshot(path, "n")
    feed.synced.set()
    async with running(kept.run(cast(Feed, feed), clock)):
        await until(lambda: clock.sleeping)
        path.unlink()
        await clock.advance(PERIOD)
        await until(path.exists)


async def test_what_cannot_be_written_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    feed, clock, kept = _Feed(), ManualClock(), Snapshot(tmp_path / "none" / "table", "n")
    feed.synced.set()
    async with running(kept.run(cast(Feed, feed), clock)):
        await until(lambda: clock.sleeping)
        await clock.advance(PERIOD)
        await until(lambda: kept.failures == 2)
    assert caplog.text.count("cannot write the last table") == 1


async def test_the_file_is_bounded(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(snapshot, "MOST", 1100)
    feed, kept = _Feed(), Snapshot(path, "n")
    feed.synced.set()
    async with running(kept.run(cast(Feed, feed), ManualClock())):
        await until(lambda: kept.failures)
    assert not path.exists()
    path.write_bytes(b"x" * 1200)
    assert kept.load() is None
    assert "more than 1100 bytes" in caplog.text


def _by_anybody(path: Path) -> None:
    path.write_text("")
    path.chmod(0o666)


def _link(path: Path) -> None:
    path.with_name("other").write_text("")
    path.symlink_to("other")


def _no_table(path: Path) -> None:
    path.write_text("no table")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_by_anybody, "others could have written it"),
        (_link, "symbolic links"),
        (os.mkfifo, "it is no file"),
        (_no_table, "not readable"),
    ],
)
def test_a_file_of_others_is_not_used(
    make: Callable[[Path], None], why: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make(path)
    assert Snapshot(path, "n").load() is None
    assert "is not used" in caplog.text
    assert why in caplog.text


def test_no_file_is_no_error(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert Snapshot(path, "n").load() is None
    assert not caplog.records
