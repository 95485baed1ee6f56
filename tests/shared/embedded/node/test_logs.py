"""Logs as `kubectl logs` asks for them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from shared.embedded.api.providers import LogRequest
from shared.embedded.node import logs


def line(number: int, text: str, tag: str = "F") -> str:
    return f"2026-11-22T10:00:{number:02d}.000000000Z stdout {tag} {text}\n"


def lines(*numbers: int) -> str:
    return "".join(line(number, f"line {number}") for number in numbers)


def request(**options: Any) -> LogRequest:
    return LogRequest("c", **options)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "0.log.1").write_text(lines(1, 2))
    (tmp_path / "0.log").write_text(lines(3, 4))
    return tmp_path / "0.log"


def test_the_rotated_part_comes_first(log: Path) -> None:
    assert logs.read(log, request()) == b"line 1\nline 2\nline 3\nline 4\n"


def test_the_end_of_it(log: Path) -> None:
    assert logs.read(log, request(tail_lines=3)) == b"line 2\nline 3\nline 4\n"
    assert logs.read(log, request(tail_lines=0)) == b""


def test_times_are_shown_and_bound_it(log: Path) -> None:
    stamped = logs.read(log, request(timestamps=True, tail_lines=1))
    assert stamped == b"2026-11-22T10:00:04.000000000Z line 4\n"
    since = 1795341603.0  # 2026-11-22T10:00:03Z
    assert logs.read(log, request(since=since)) == b"line 3\nline 4\n"


def test_bytes_are_bounded(log: Path) -> None:
    assert logs.read(log, request(limit_bytes=9)) == b"line 1\nli"


def test_parts_of_a_long_line_are_joined_and_count_once(tmp_path: Path) -> None:
    log = tmp_path / "0.log"
    log.write_text(line(1, "first") + line(2, "aaa", "P") + line(2, "bbb"))
    assert logs.read(log, request()) == b"first\naaabbb\n"
    assert logs.read(log, request(tail_lines=1)) == b"aaabbb\n"
    stamped = logs.read(log, request(tail_lines=1, timestamps=True))
    assert stamped == b"2026-11-22T10:00:02.000000000Z aaabbb\n"


def test_a_carriage_return_ends_no_line_of_the_rotated_part(tmp_path: Path) -> None:
    (tmp_path / "0.log.1").write_text(line(1, "10 %\r20 %"), newline="")
    (tmp_path / "0.log").write_text(line(2, "next"))
    assert logs.read(tmp_path / "0.log", request()) == b"10 %\r20 %\nnext\n"


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    assert logs.read(tmp_path / "0.log", request()) == b""


def test_logs_of_runs_before_the_last_two_go(tmp_path: Path) -> None:
    for run in range(4):
        logs.path(tmp_path, run).write_text("")
        (tmp_path / f"{run}.log.1").write_text("")
    logs.prune(tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2.log", "2.log.1", "3.log", "3.log.1"
    ]  # fmt: skip


async def test_a_followed_log_goes_on_across_its_rotation_to_the_end(tmp_path: Path) -> None:
    log = tmp_path / "0.log"
    log.write_text(lines(1))
    ended = asyncio.Event()
    chunks = logs.follow(log, request(follow=True), ended)
    assert await anext(chunks) == b"line 1\n"
    with log.open("a") as file:
        file.write(lines(2))
    assert await anext(chunks) == b"line 2\n"
    with log.open("a") as file:
        file.write(lines(3))
    log.rename(tmp_path / "0.log.1")
    log.write_text(lines(4) + line(5, "unfinished")[:-1])
    assert await anext(chunks) == b"line 3\nline 4\n"
    with log.open("a") as file:
        file.write("\n")
    ended.set()
    assert [chunk async for chunk in chunks] == [b"unfinished\n"]


async def test_a_followed_log_ends_when_it_is_full(log: Path) -> None:
    chunks = logs.follow(log, request(follow=True, limit_bytes=4), asyncio.Event())
    assert [chunk async for chunk in chunks] == [b"line"]


def test_half_a_record_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "0.log"
    log.write_bytes(b"2026-11-2\n\xff\xfe\n" + lines(4).encode())
    assert logs.read(log, request(since=1795341603.0)).endswith(b"line 4\n")
