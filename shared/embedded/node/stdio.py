"""What a command's standard streams are connected to: pipes or a terminal, and our ends of them.

Used by `execution` and `console`; `process` hands the other ends to the shim.
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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from shared.embedded.api.sessions import ExecRequest

PIECE: Final = 32 * 1024
LOG: Final = -1
"""In place of a file descriptor: the log."""


@dataclass(frozen=True, slots=True)
class Stdio:
    """File descriptors for a command; `LOG` for what its log takes.

    tty: whether they are a terminal, which the command's session is to control.
    source: where the shim reads what is for the log, when that is a terminal's other side.
    tap: where the shim writes it a second time, as far as there is room.
    """

    stdin: int
    stdout: int
    stderr: int
    tty: bool = False
    source: int = LOG
    tap: int = LOG

    @property
    def passed(self) -> tuple[int, ...]:
        """The file descriptors that the shim needs."""
        whole = (self.stdin, self.stdout, self.stderr, self.source, self.tap)
        return tuple({number for number in whole if number != LOG})

    def told(self) -> dict[str, Any]:
        """How the shim learns of it."""
        streams = (self.stdin, self.stdout, self.stderr)
        return {"stdio": streams, "tty": self.tty, "source": self.source, "tap": self.tap}


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

    async def write(self, data: bytes) -> None:
        """To the command's input, once there is room; dropped when nobody reads any more."""
        if self.writer is not None and not self.writer.is_closing():
            with contextlib.suppress(OSError):
                self.writer.write(data)
                await self.writer.drain()

    def end_input(self) -> None:
        """Nothing more comes; a terminal stays open."""
        if self.writer is not None and not self.tty:
            self.writer.close()

    def resize(self, columns: int, rows: int) -> None:
        """Tell the terminal its size; does nothing without one."""
        if self.tty and not self.closed:
            size = struct.pack("HHHH", rows, columns, 0, 0)
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.files["stdin"], termios.TIOCSWINSZ, size)

    async def read(self, output: str) -> bytes:
        """The next piece of an output; empty at its end."""
        reader = self.readers.get(output)
        if reader is None:
            return b""
        try:
            return await reader.read(PIECE)
        except OSError as error:
            if error.errno != errno.EIO:  # what a terminal says once nobody has it open
                raise
            return b""

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


def pipes(request: ExecRequest, theirs: contextlib.ExitStack) -> tuple[Stdio, Ends]:
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


def terminal(theirs: contextlib.ExitStack) -> tuple[Stdio, Ends]:
    """A terminal, whose other side is read and written by us through a descriptor each."""
    master, slave = os.openpty()
    theirs.callback(os.close, slave)
    ends = Ends({"stdin": os.dup(master), "stdout": master}, tty=True)
    return Stdio(slave, slave, slave, tty=True), ends
