"""Whose a folder or a file is, and what is not read at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from shared.runtime import private


def found(uid: int, mode: int) -> os.stat_result:
    return os.stat_result((mode, 1, 1, 1, uid, uid, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("uid", "mode", "secret", "words"),
    [
        (1000, 0o600, False, ""),
        (1000, 0o644, False, ""),
        (1000, 0o644, True, "read by others"),
        (0, 0o600, True, ""),
        (1001, 0o600, False, "another user (uid 1001)"),
        (1000, 0o620, False, "written by others (mode 620); `chmod go-w /x`"),
        (1000, 0o602, False, "written by others"),
    ],
)
def test_fault(uid: int, mode: int, secret: bool, words: str) -> None:
    fault = private.fault(Path("/x"), found(uid, mode), 1000, secret=secret)
    assert words in fault
    assert bool(words) == bool(fault)


def test_what_is_not_there_is_safe(tmp_path: Path) -> None:
    private.check_folder(tmp_path / "absent")
    private.check_folder(tmp_path)


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_can_write(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(private.UnsafeError, match="can be written by others"):
        private.check_folder(folder)


def test_a_file_in_place_of_a_folder_and_a_link_inside(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(private.UnsafeError, match="is no folder"):
        private.check_folder(tmp_path / "file")
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(private.UnsafeError, match="link is a symbolic link"):
        private.check_folder(tmp_path)


def test_reading_follows_only_where_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text\n")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert private.read(tmp_path / "file") == "text\n"
    assert private.read(tmp_path / "link", follow=True) == "text\n"
    with pytest.raises(private.UnsafeError, match="symbolic link"):
        private.read(tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(private.UnsafeError, match="no regular file"):
        private.read(tmp_path / "pipe")


def test_reading_is_bounded_and_checks_the_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * (private.MOST_BYTES + 1))
    with pytest.raises(ValueError, match="is longer"):
        private.read(file)
    file.write_bytes(b"x")
    file.chmod(0o666)
    with pytest.raises(private.UnsafeError, match="is not used: it can be written"):
        private.read(file)


def test_writing_replaces_a_link_and_not_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("kept")
    (tmp_path / "file").symlink_to(tmp_path / "victim")
    private.write(tmp_path / "file", "new")
    assert (tmp_path / "victim").read_text() == "kept"
    assert (tmp_path / "file").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_an_opener_that_refuses_links(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    with (
        pytest.raises(OSError, match="symbolic links"),
        open(tmp_path / "link", "a", opener=private.nofollow),
    ):
        pass
    assert not (tmp_path / "victim").exists()


def test_a_secret_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    private.check(tmp_path / "absent", secret=True)
    private.check(tmp_path / "secret")
    with pytest.raises(private.UnsafeError, match="can be read by others"):
        private.check(tmp_path / "secret", secret=True)
