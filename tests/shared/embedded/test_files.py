"""Files replaced in one step."""

from __future__ import annotations

import stat
from pathlib import Path

from shared.embedded import files


def test_a_file_that_was_open_to_all_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    files.replace(path, b"new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_the_mode_is_the_one_asked_for(tmp_path: Path) -> None:
    files.replace(tmp_path / "run", b"", 0o755)
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o755


def test_what_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".file.new").write_text("half")
    files.replace(tmp_path / "file", b"whole")
    assert (tmp_path / "file").read_text() == "whole"
