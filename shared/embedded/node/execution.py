"""A command that kubectl exec runs in a container: pipes or a terminal, and its end.

Made by `container`, which ends it with itself. It has the environment and folder of the container
and runs below a shim of its own, so that nothing of it outlives its client.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from shared.embedded.node.process import Process
from shared.embedded.node.stdio import pipes, terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from shared.embedded.api.sessions import ExecRequest, Output
    from shared.embedded.node.process import Command, StartError
    from shared.embedded.node.stdio import Ends

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
            stdio, ends = terminal(theirs) if request.tty else pipes(request, theirs)
            try:
                process = await Process.start(replace(command, log=os.devnull), marker, stdio)
                await ends.open()
            except BaseException:
                ends.close()
                raise
        return cls(process, ends)

    async def write(self, data: bytes) -> None:
        await self._ends.write(data)

    def end_input(self) -> None:
        self._ends.end_input()

    def resize(self, columns: int, rows: int) -> None:
        self._ends.resize(columns, rows)

    async def read(self, output: Output) -> bytes:
        return await self._ends.read(output)

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def on_end(self, call: Callable[[Execution], None]) -> None:
        """Call `call` with it when it has ended."""
        self._ended.add_done_callback(lambda _: call(self))

    @property
    def root(self) -> int:
        """The pid below which all of it is."""
        return self._process.root

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
