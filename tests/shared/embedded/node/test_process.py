"""The shim, from the agent's side: starts, ends, logs, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path

import pytest

from shared.embedded.node import orphans
from shared.embedded.node.process import Command, Process, StartError, exit_of
from tests.waiting import until

MARKER = f"test-{uuid.uuid4().hex}"


def command(tmp_path: Path, *words: str, log_bytes: int = 1 << 20) -> Command:
    env = {"PATH": os.environ["PATH"]}
    return Command(words, env, str(tmp_path), str(tmp_path / "log"), log_bytes)


def sh(tmp_path: Path, script: str, log_bytes: int = 1 << 20) -> Command:
    return command(tmp_path, "/bin/sh", "-c", script, log_bytes=log_bytes)


def texts(path: Path) -> list[str]:
    return [line.split(" ", 3)[3] for line in path.read_text().splitlines()]


async def until_written(path: Path, text: str) -> None:
    await until(lambda: path.exists() and text in path.read_text(), f"{text!r} in the log")


async def until_gone() -> None:
    await until(lambda: not orphans.marked(MARKER), "no process is left")


async def test_the_exit_code_and_the_last_line_without_newline_are_kept(tmp_path: Path) -> None:
    process = await Process.start(
        sh(tmp_path, "echo one; echo two >&2; printf three; exit 7"), MARKER
    )
    end = await process.wait()
    assert (end.code, end.signal, end.reason) == (7, 0, "Error")
    assert texts(tmp_path / "log") == ["one", "two", "three"]
    stamp, stream, tag, _ = (tmp_path / "log").read_text().splitlines()[0].split(" ")
    assert (len(stamp), stamp[-1], stream, tag) == (30, "Z", "stdout", "F")


async def test_the_output_of_a_killed_process_is_complete(tmp_path: Path) -> None:
    script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; kill -9 $$"
    process = await Process.start(sh(tmp_path, script), MARKER)
    end = await process.wait()
    assert (end.code, end.signal) == (137, 9)
    assert texts(tmp_path / "log")[-1] == "line 1999"


async def test_signals_reach_the_first_process_only(tmp_path: Path) -> None:
    script = "trap 'echo got it; exit 0' TERM; sh -c \"trap 'echo child' TERM; while :; do sleep 0.01; done\" & echo up; while :; do sleep 0.01; done"  # noqa: E501
    process = await Process.start(sh(tmp_path, script), MARKER)
    await until_written(tmp_path / "log", "up")
    process.send(signal.SIGTERM)
    assert (await process.wait()).code == 0
    assert texts(tmp_path / "log") == ["up", "got it"]
    assert orphans.marked(MARKER) == []


async def test_kill_ends_all_of_it(tmp_path: Path) -> None:
    script = "trap '' TERM; (setsid sleep 60 &); sleep 61 & echo up; while :; do sleep 0.01; done"
    process = await Process.start(sh(tmp_path, script), MARKER)
    await until_written(tmp_path / "log", "up")
    process.kill()
    assert (await process.wait()).signal == 9
    assert orphans.marked(MARKER) == []


async def test_when_the_agent_dies_all_of_it_ends(tmp_path: Path) -> None:
    process = await Process.start(
        sh(tmp_path, "trap '' TERM; (setsid sleep 60 &); sleep 61"), MARKER
    )
    await process.close()
    await until_gone()


async def test_when_the_shim_is_killed_all_of_it_ends(tmp_path: Path) -> None:
    process = await Process.start(sh(tmp_path, "(setsid sleep 60 &); echo up; sleep 61"), MARKER)
    await until_written(tmp_path / "log", "up")
    os.kill(process.root, signal.SIGKILL)
    end = await process.wait()
    assert (end.code, end.signal) == (137, 9)
    assert "was killed" in end.message
    await until_gone()


async def test_a_command_that_cannot_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no-such-program: No such file or directory"):
        await Process.start(command(tmp_path, "no-such-program"), MARKER)
    (tmp_path / "data").write_text("x")
    with pytest.raises(StartError, match="Permission denied"):
        await Process.start(command(tmp_path, str(tmp_path / "data")), MARKER)


async def test_a_working_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    lost = Command(["/bin/true"], {}, str(tmp_path / "none"), str(tmp_path / "log"))
    with pytest.raises(StartError, match="none: No such file or directory"):
        await Process.start(lost, MARKER)


async def test_the_log_is_bounded(tmp_path: Path) -> None:
    process = await Process.start(sh(tmp_path, "seq 1 60000", log_bytes=1_000_000), MARKER)
    await process.wait()
    sizes = [path.stat().st_size for path in tmp_path.glob("log*")]
    assert len(sizes) == 2
    assert all(size <= 1_000_000 for size in sizes)
    assert texts(tmp_path / "log")[-1] == "60000"


async def test_long_lines_are_kept_in_parts(tmp_path: Path) -> None:
    process = await Process.start(
        sh(tmp_path, "head -c 40000 /dev/zero | tr '\\0' x; echo; echo end"), MARKER
    )
    await process.wait()
    tags = [line.split(" ")[2] for line in (tmp_path / "log").read_text().splitlines()]
    assert tags[-1] == "F"
    assert "".join(texts(tmp_path / "log")) == "x" * 40000 + "end"


async def test_the_process_has_default_signals_and_no_input(tmp_path: Path) -> None:
    script = "grep SigIgn /proc/$$/status; cat; echo done"
    process = await Process.start(sh(tmp_path, script), MARKER)
    assert (await process.wait()).code == 0
    ignored, done = texts(tmp_path / "log")
    assert (
        int(ignored.split()[1], 16) & (1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGTERM - 1)) == 0
    )
    assert done == "done"


def test_wait_statuses() -> None:
    assert exit_of(0).reason == "Completed"
    assert (exit_of(3 << 8).code, exit_of(3 << 8).signal) == (3, 0)
    assert (exit_of(15).code, exit_of(15).signal) == (143, 15)
