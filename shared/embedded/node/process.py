"""A command run through the shim: started, signalled and waited for by the container.

This end of the socket whose other end is `shim.py`; it knows no pods.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.node.orphans import MARKER, kill_marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.embedded.node.stdio import Stdio

SHIM: Final = Path(__file__).with_name("shim.py")
CANNOT_RUN: Final = 128  # the exit code of a container whose command cannot be executed


@dataclass(frozen=True, slots=True)
class Command:
    """What to run and where.

    log: the file that takes the output; log_bytes: its size before it is rotated.
    """

    command: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    log: str
    log_bytes: int = 5 * 2**20


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended: `code` as a shell shows it (128 + signal), `signal` 0 for none.

    `reason` and `message` as Kubernetes' ContainerStateTerminated has them.
    """

    code: int
    signal: int = 0
    reason: str = ""
    message: str = ""


class Process:
    """One run of a command below its shim. Made by `start`."""

    def __init__(
        self,
        shim: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        marker: str,
    ) -> None:
        self._marker = marker
        self._shim = shim
        self._reader = reader
        self._writer = writer
        self.pid = 0

    @property
    def root(self) -> int:
        """The pid of the shim, below which every process of the container is."""
        return self._shim.pid

    @classmethod
    async def start(cls, command: Command, marker: str, stdio: Stdio | None = None) -> Process:
        """Run `command`; each of its processes carries `marker` in its environment.

        stdio: what it is connected to beside its log; stays the caller's to close.
        Raises `StartError` when it cannot be executed.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                # It forks and returns at once; the wait is in `close`.
                shim = subprocess.Popen(  # noqa: ASYNC220
                    [sys.executable, "-I", "-S", str(SHIM)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env={MARKER: marker, "PATH": os.defpath},
                    start_new_session=True,
                    pass_fds=stdio.passed if stdio else (),
                )
            except OSError as error:  # no memory, no more processes
                ours.close()
                why = f"no process can be started: {error.strerror}"
                raise StartError(why, error.errno or 0) from error
        process = cls(shim, *await asyncio.open_connection(sock=ours), marker)
        try:
            await process._begin(command, stdio)
        except BaseException:
            await process.close()
            raise
        return process

    async def _begin(self, command: Command, stdio: Stdio | None) -> None:
        config: dict[str, Any] = {
            "command": list(command.command),
            "env": {**command.env, MARKER: self._marker},
            "cwd": command.cwd,
            "log": command.log,
            "log_bytes": command.log_bytes,
        }
        if stdio is not None:
            config |= stdio.told()
        self._writer.write(json.dumps(config).encode() + b"\n")
        answer = (await self._reader.readline()).decode(errors="replace").strip()
        word, _, rest = answer.partition(" ")
        if word != "started":
            number, _, text = rest.partition(" ")
            why = text or "the shim ended before it could start it"
            raise StartError(why, int(number) if number.isdigit() else 0)
        self.pid = int(rest)

    def send(self, number: int) -> None:
        """Send a signal to the command's own process."""
        self._tell(b"signal %d\n" % number)

    def kill(self) -> None:
        """SIGKILL to every process of the container."""
        self._tell(b"kill\n")

    async def wait(self) -> Exit:
        """How the command ended, once none of its processes is left."""
        answer = (await self._reader.readline()).decode().strip()
        await self.close()
        word, _, rest = answer.partition(" ")
        if word != "exited" or rest == "None":
            # The shim was killed, and its command with it; what that had forked may live on.
            await asyncio.to_thread(kill_marked, self._marker)
            return Exit(137, 9, "Error", "the process that watches the container was killed")
        return exit_of(int(rest))

    async def close(self) -> None:
        """Let go: a shim that still runs kills what it has and ends."""
        self._writer.close()
        while self._shim.poll() is None:
            await _readable(self._shim.pid)

    def _tell(self, line: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(line)


class StartError(Exception):
    """The command cannot be executed; the message names the file and the reason, `number` is the
    errno of it."""

    def __init__(self, message: str, number: int = 0) -> None:
        super().__init__(message)
        self.number = number


def exit_of(status: int) -> Exit:
    """The `Exit` for a wait status (waitpid(2))."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return Exit(128 + number, number, "Error", f"killed by {signal.Signals(number).name}")
    code = os.waitstatus_to_exitcode(status)
    return Exit(code, 0, "Error" if code else "Completed")


async def _readable(pid: int) -> None:
    """Return when the child `pid` has ended (pidfd_open(2))."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    descriptor = os.pidfd_open(pid)
    loop.add_reader(descriptor, ended.set_result, None)
    try:
        await ended
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
