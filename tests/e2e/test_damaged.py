"""`exposed local` in a home whose store is damaged: a sentence at once, and a way on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import start, stop, until_ready

pytestmark = pytest.mark.timeout(180)


def test_a_damaged_store_is_told_and_recovered(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    store = home / "cluster.db"
    store.write_bytes(b"no store" * 999)
    run = start(home, tmp_path / "out", "--empty")
    assert run.process.wait(60) == 1
    assert f"{store} is damaged: file is not a database" in run.said()
    assert "--recover" in run.said()
    assert "Traceback" not in run.said()
    assert store.read_bytes() == b"no store" * 999

    again = start(home, tmp_path / "out2", "--empty", "--recover")
    try:
        until_ready(again)
        assert f"recovered: {store} was damaged" in again.said()
        (kept,) = home.glob("cluster.db.damaged-*")
        assert kept.read_bytes() == b"no store" * 999
    finally:
        stop(again)
