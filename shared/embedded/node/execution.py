"""A command that kubectl exec runs in a container: pipes or a terminal, and its end.

Made by `container`, which ends it with itself. It has the environment and folder of the container
and runs below a shim of its own, so that nothing of it outlives its client.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import functools
import os
import struct
import termios
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from shared.embedded.node.process import Process, Stdio

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from shared.embedded.api.sessions import ExecRequest, Output
    from shared.embedded.node.process import Command, StartError

PIECE: Final = 32 * 1024
NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126


class Execution:
    """A running command. Made by `start`."""

    def __init__(self, process: Process, ends: Ends) -> None:
        self._process = process
        self._ends = ends
        self._ended = asyncio.create_task(self._end(), name="exec/end")

    @classmethod
    async def start(cls, command: Command, marker: str, request: ExecRequest) -> Self:
        """Run `command` with what `request` connects. Raises StartError."""
        if request.tty:
            command = replace(command, env={"TERM": "xterm", **command.env})
        with contextlib.ExitStack() as theirs:
            stdio, ends = _terminal(theirs) if request.tty else _pipes(request, theirs)
            try:
                process = await Process.start(replace(command, log=os.devnull), marker, stdio)
                await ends.open()
            except BaseException:
                ends.close()
                raise
        return cls(process, ends)

    async def write(self, data: bytes) -> None:
        writer = self._ends.writer
        if writer is not None and not writer.is_closing():
            with contextlib.suppress(OSError):  # it does not read any more
                writer.write(data)
                await writer.drain()

    def end_input(self) -> None:
        if self._ends.writer is not None and not self._ends.tty:
            self._ends.writer.close()

    def resize(self, columns: int, rows: int) -> None:
        if self._ends.tty and not self._ends.closed:
            size = struct.pack("HHHH", rows, columns, 0, 0)
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._ends.files["stdout"], termios.TIOCSWINSZ, size)

    async def read(self, output: Output) -> bytes:
        reader = self._ends.readers.get(output)
        if reader is None:
            return b""
        try:
            return await reader.read(PIECE)
        except OSError as error:
            if error.errno != errno.EIO:  # what a terminal says once nobody has it open
                raise
            return b""

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def on_end(self, call: Callable[[Execution], None]) -> None:
        """Call `call` with it when it has ended."""
        self._ended.add_done_callback(lambda _: call(self))

    def kill(self) -> None:
        """SIGKILL to all of it."""
        self._process.kill()

    async def close(self) -> None:
        self.kill()
        self._ends.close()
        await self.wait()

    async def _end(self) -> int:
        return (await self._process.wait()).code


class Refusal:
    """A command that could not be started: its reason as output, and an exit code."""

    def __init__(self, error: StartError, command: Command, *, tty: bool) -> None:
        number, word = error.number, command.command[0]
        self._code = NOT_FOUND if number in (errno.ENOENT, errno.ENOTDIR) else NOT_EXECUTABLE
        self._text = {("stdout" if tty else "stderr"): f"{_reason(number, word, error)}\n".encode()}

    async def write(self, data: bytes) -> None:
        """Nobody reads it."""

    def end_input(self) -> None:
        """Nobody waits for it."""

    def resize(self, columns: int, rows: int) -> None:
        """There is no terminal."""

    async def read(self, output: Output) -> bytes:
        return self._text.pop(output, b"")

    async def wait(self) -> int:
        return self._code

    async def close(self) -> None:
        """Nothing runs."""


def _reason(number: int, word: str, error: StartError) -> str:
    """Why it cannot be run, as runc words it."""
    if number == errno.ENOENT and "/" not in word:
        why = f'exec: "{word}": executable file not found in $PATH'
    elif number == errno.ENOENT:
        why = f'exec: "{word}": stat {word}: no such file or directory'
    elif number:
        why = f'exec: "{word}": {os.strerror(number).lower()}'
    else:
        why = str(error)
    return f"exec failed: unable to start container process: {why}"


class Ends:
    """Our ends of a command's standard streams. `open` them inside the loop, then `close`."""

    def __init__(self, files: dict[str, int], *, tty: bool) -> None:
        self.files = files
        self.tty = tty
        self.readers: dict[str, asyncio.StreamReader] = {}
        self.writer: asyncio.StreamWriter | None = None
        self._transports: list[asyncio.BaseTransport] = []
        self._opened = self.closed = False

    async def open(self) -> None:
        """Read and write them from now on."""
        self._opened = True
        loop = asyncio.get_running_loop()
        for name, number in self.files.items():
            file = os.fdopen(number, "wb" if name == "stdin" else "rb", 0)
            stream = asyncio.StreamReader()
            made = functools.partial(asyncio.StreamReaderProtocol, stream)
            transport: asyncio.BaseTransport
            if name == "stdin":
                transport, protocol = await loop.connect_write_pipe(made, file)
                self.writer = asyncio.StreamWriter(transport, protocol, None, loop)
            else:
                transport, _ = await loop.connect_read_pipe(made, file)
                self.readers[name] = stream
            self._transports.append(transport)

    def close(self) -> None:
        """Let go of all; what waits for output learns its end."""
        if self.closed:
            return
        self.closed = True
        for transport in self._transports:
            if not isinstance(transport, asyncio.WriteTransport):
                transport.close()
            elif not transport.is_closing():
                transport.abort()  # what is not written yet nobody will read
        if not self._opened:
            for number in self.files.values():
                os.close(number)


def _pipes(request: ExecRequest, theirs: contextlib.ExitStack) -> tuple[Stdio, Ends]:
    """A pipe for what is asked for, and nothing for the rest."""
    ours: dict[str, int] = {}
    given = {}
    for name in ("stdin", "stdout", "stderr"):
        if getattr(request, name):
            reading, writing = os.pipe()
            given[name], ours[name] = (reading, writing) if name == "stdin" else (writing, reading)
        else:
            given[name] = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        theirs.callback(os.close, given[name])
    return Stdio(given["stdin"], given["stdout"], given["stderr"]), Ends(ours, tty=False)


def _terminal(theirs: contextlib.ExitStack) -> tuple[Stdio, Ends]:
    """A terminal, whose other side is read and written by us through a descriptor each."""
    master, slave = os.openpty()
    theirs.callback(os.close, slave)
    ends = Ends({"stdin": os.dup(master), "stdout": master}, tty=True)
    return Stdio(slave, slave, slave, tty=True), ends
