"""The log of a container on a disk that is full: whole lines, counted losses, no waiting."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from shared.embedded.api.providers import LogRequest
from shared.embedded.node import logs
from shared.embedded.node.shim import Log

TOLD = b"(2 lines of this log were lost: they could not be written)"


def texts(path: Path) -> list[bytes]:
    return logs.read(path, LogRequest("c")).splitlines()


def test_a_full_disk_costs_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, real = Log(str(tmp_path / "0.log"), 1 << 20), os.write
    log.write(b"before\n")
    reader = logs.LogReader(tmp_path / "0.log", LogRequest("c"))
    assert reader.first() == b"before\n"
    seen = []

    def half(file: int, data: bytes) -> int:
        written = real(file, data[:20])
        seen.append(reader.more())
        return written

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        log.write(b"lost\n")
        patch.setattr(os, "write", refuse)
        log.write(b"lost too\n")
    log.write(b"after\n")
    log.close()
    assert texts(tmp_path / "0.log") == [b"before", TOLD, b"after"]
    assert seen == [b""]
    reader.close()


def refuse(file: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_log_that_cannot_be_made_yet_is_made_later(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "none" / "0.log"), 1 << 20)
    log.write(b"one\ntwo\n")
    (tmp_path / "none").mkdir()
    log.write(b"three\n")
    log.close()
    assert texts(tmp_path / "none" / "0.log") == [TOLD, b"three"]


def test_a_log_that_cannot_be_rotated_goes_on(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "0.log"), 100)
    (tmp_path / "0.log.1").mkdir()
    for number in range(5):
        log.write(b"line %d\n" % number)
    (tmp_path / "0.log.1").rmdir()
    log.write(b"last\n")
    log.close()
    found = texts(tmp_path / "0.log")
    assert found[:2] == [b"line 0", b"line 1"]
    assert found[-1] == b"last"
    assert b"(3 lines of this log were lost: they could not be written)" in found
