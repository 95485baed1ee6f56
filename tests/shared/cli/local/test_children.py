"""Supervised processes: logged, restarted with back-off, ended with their owner."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from shared.cli.local.children import Child, Program
from shared.runtime.clock import SystemClock
from tests.waiting import until


class Sleepless(SystemClock):
    """A clock whose sleeps end at once, and are remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def child(
    code: str,
    log: Path,
    clock: Sleepless,
    said: Callable[[str], None],
    stop_seconds: float = 10.0,
) -> Child:
    program = Program("thing", ("-u", "-c", code), dict(os.environ), stop_seconds)
    return Child(program, log, clock, said)


def written(log: Path) -> str:
    return log.read_text() if log.exists() else ""


async def test_a_process_that_ends_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    clock = Sleepless()
    subject = child("print('hello'); raise SystemExit(3)", tmp_path / "log", clock, said.append)
    task = asyncio.create_task(subject.run())
    await until(lambda: subject.restarts >= 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert written(tmp_path / "log").count("hello") >= 3
    assert clock.slept[:3] == [0.5, 1.0, 2.0]
    assert "thing ended (exit code 3); starting it again in 0.5 s" in said[0]
    assert f"{tmp_path / 'log'})\n  hello" in said[0]


async def test_kill_is_reported_and_the_process_comes_back(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import time; print('up'); time.sleep(600)"
    subject = child(code, tmp_path / "log", Sleepless(), said.append)
    task = asyncio.create_task(subject.run())
    await until(lambda: "up" in written(tmp_path / "log"))
    assert subject.pid is not None
    os.kill(subject.pid, signal.SIGKILL)
    await until(lambda: written(tmp_path / "log").count("up") == 2)
    assert "thing ended (signal SIGKILL)" in said[0]
    pid = subject.pid
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_sigterm_first_and_the_last_words_are_kept(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *a: (print('bye'), sys.exit(0)))\n"
        "print('up')\n"
        "while True: time.sleep(600)"
    )
    subject = child(code, tmp_path / "log", Sleepless(), print)
    task = asyncio.create_task(subject.run())
    await until(lambda: "up" in written(tmp_path / "log"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "bye" in written(tmp_path / "log")


async def test_a_process_that_does_not_end_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')\n"
        "while True: time.sleep(600)"
    )
    subject = child(code, tmp_path / "log", Sleepless(), said.append, stop_seconds=0.2)
    task = asyncio.create_task(subject.run())
    await until(lambda: "up" in written(tmp_path / "log"))
    pid = subject.pid
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert said == ["thing did not end in time and is killed"]
    assert pid is not None
    assert not psutil.pid_exists(pid)


def test_the_process_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    owner = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from shared.cli.local.children import Child, Program\n"
        "from shared.runtime.clock import SystemClock\n"
        "program = Program('thing', ('-c', 'import time; time.sleep(600)'), dict(os.environ))\n"
        "subject = Child(program, Path(sys.argv[1]), SystemClock(), print)\n"
        "async def main():\n"
        "    task = asyncio.create_task(subject.run())\n"
        "    while subject.pid is None: await asyncio.sleep(0.01)\n"
        "    print(subject.pid, flush=True)\n"
        "    await task\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", owner, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        orphan = psutil.Process(int(process.stdout.readline()))
        process.kill()
        orphan.wait(60)
    assert not orphan.is_running()
