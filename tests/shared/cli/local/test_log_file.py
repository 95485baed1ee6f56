"""The logs of the processes of a local run: lines stay whole, whatever happens."""

from __future__ import annotations

import errno
import json
import os
import random
from pathlib import Path

import pytest

from shared.cli.local.log_file import LogFile


def lines(*paths: Path) -> list[bytes]:
    return b"".join(path.read_bytes() for path in paths if path.exists()).splitlines()


@pytest.mark.parametrize("limit", [1 << 30, 3_000])
def test_lines_are_whole_however_they_come(tmp_path: Path, limit: int) -> None:
    path, dice = tmp_path / "log", random.Random(1)
    sent = [json.dumps({"n": n, "text": "x" * dice.randrange(300)}) for n in range(200)]
    data = "".join(f"{line}\n" for line in sent).encode()
    log = LogFile(path, print, limit)
    while data:
        size = dice.randrange(1, 400)
        log.write(data[:size])
        data = data[size:]
        assert path.stat().st_size <= limit + 400
    log.close()
    found = lines(tmp_path / "log.1", path)
    assert [line.decode() for line in found] == sent[-len(found) :]
    assert (len(found) == len(sent)) == (limit > 3_000)


def test_a_line_longer_than_all_limits_is_one_line(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log", print, 1_000)
    for piece in (b"short\n", b"a" * 5_000, b"b" * 5_000, b"c\nnext\n"):
        log.write(piece)
    log.close()
    found = lines(tmp_path / "log.1", tmp_path / "log")
    assert b"a" * 5_000 + b"b" * 5_000 + b"c" in found
    assert found[-1] == b"next"


def test_a_cut_last_line_is_ended(tmp_path: Path) -> None:
    for _ in range(2):
        log = LogFile(tmp_path / "log", print)
        log.write(b"killed within")
        log.close()
    assert lines(tmp_path / "log") == [b"killed within"] * 2


def test_a_full_disk_costs_whole_lines_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    log, real = LogFile(tmp_path / "log", said.append), os.write
    log.write(b"before\n")
    room = 3

    def full(file: int, data: bytes) -> int:
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(file, data[:room])
        room -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        for _ in range(3):
            log.write(b"0123456\n")
    log.write(b"after\n")
    log.close()
    assert len(said) == 2
    assert "No space left on device" in said[0]
    assert "24 bytes" in said[1]
    assert lines(tmp_path / "log") == [
        b"before", b"(24 bytes of this log could not be written)", b"after"
    ]  # fmt: skip


def test_a_log_that_cannot_be_opened_ends_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    log = LogFile(tmp_path / "log", said.append)
    log.write(b"a\n")
    log.write(b"b\n")
    log.close()
    assert len(said) == 1
    assert not (tmp_path / "elsewhere").exists()
