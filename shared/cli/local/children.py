"""Child processes of a local run: started, logged, restarted with back-off, stopped in order."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.cli.local.log_file import LogFile
from shared.cli.local.waiting import tail
from shared.runtime.clock import Clock
from shared.runtime.restarts import Restarts

_PR_SET_PDEATHSIG: Final = 1
_PIECE: Final = 64 * 1024
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: arguments to the Python interpreter, or to another executable, and the whole
    environment."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    stop_seconds: float = 10.0
    executable: str = sys.executable


class Child:
    """One supervised process; `run` keeps it alive until it is cancelled, then stops it."""

    def __init__(
        self, program: Program, log: Path, clock: Clock, report: Callable[[str], None]
    ) -> None:
        self.program = program
        self.log = log
        self.pid: int | None = None
        self.restarts = 0
        self.has_ended = asyncio.Event()
        """It has, once or more; `code` is how the last time, negative for a signal."""
        self.code = 0
        self._clock = clock
        self._report = report

    async def run(self) -> None:
        """Start the process; whenever it ends, start it again after a growing pause."""
        restarts = Restarts()
        while True:
            began = self._clock.monotonic()
            try:
                code = await self._run_once()
            except OSError as error:  # no memory, no more processes or files
                wait = restarts.pause(0)
                name, why = self.program.name, error.strerror
                self._report(f"{name} cannot be started ({why}); trying again in {wait:g} s")
                await self._clock.sleep(wait)
                continue
            self.code = code
            self.has_ended.set()
            wait = restarts.pause(self._clock.monotonic() - began)
            words = f"\n{tail(self.log, lines=2)}" if code > 0 else ""
            self._report(
                f"{self.program.name} ended ({_ending(code)}); starting it again in {wait:g} s "
                f"(its log: {self.log}){words}"
            )
            await self._clock.sleep(wait)
            self.restarts += 1

    async def _run_once(self) -> int:
        log = LogFile(self.log, self._report)
        try:
            return await self._execute(log)
        finally:
            log.close()

    async def _execute(self, log: LogFile) -> int:
        process = await asyncio.create_subprocess_exec(
            self.program.executable,
            *self.program.arguments,
            env=dict(self.program.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_PIECE,
            preexec_fn=_end_with_parent,
        )
        self.pid = process.pid
        assert process.stdout is not None
        try:
            await _copy(process.stdout, log)
            return await process.wait()
        finally:
            self.pid = None
            if process.returncode is None:
                await asyncio.shield(self._stop(process, log))

    async def _stop(self, process: asyncio.subprocess.Process, log: LogFile) -> None:
        """SIGTERM, and SIGKILL when the process takes longer than it may."""
        assert process.stdout is not None
        process.terminate()
        copying = asyncio.ensure_future(_copy(process.stdout, log))
        try:
            await asyncio.wait_for(process.wait(), self.program.stop_seconds)
        except TimeoutError:
            self._report(f"{self.program.name} did not end in time and is killed")
            process.kill()
            await process.wait()
        finally:
            copying.cancel()
            await asyncio.gather(copying, return_exceptions=True)


def _end_with_parent() -> None:
    """In the child, before it runs: the kernel ends it when this process dies, however it dies.

    A session of its own keeps a Ctrl-C of the terminal from reaching it, so that processes end in
    the order that loses nothing.
    """
    os.setsid()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def _copy(stream: asyncio.StreamReader, log: LogFile) -> None:
    """Append what the process writes to its log."""
    while data := await stream.read(_PIECE):
        log.write(data)


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
