"""The console of a container that has a standard input (`stdin`) or a terminal (`tty`).

Owned by `container` for one run; `kubectl attach` and `kubectl run -i` speak to it. What the
container prints goes into its log as that of any other, and comes here as well, at once.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final, Self

from shared.embedded.node.stdio import LOG, Ends, Stdio
from shared.runtime.tasks import cancelled

if TYPE_CHECKING:
    from shared.embedded.api.sessions import ExecRequest, Output
    from shared.service.objects import Obj

WAITING: Final = 32
"""Pieces of output that wait for one who is slow; then the container waits, too."""
PATIENCE: Final = 1.0
"""Seconds it waits for one who takes nothing: then he is not attached any more."""


class Console:
    """Input and output of one run: `open`, give `stdio` to the process, `begin`, then `close`."""

    def __init__(self, stdio: Stdio, ends: Ends, *, once: bool) -> None:
        self.stdio = stdio
        self._ends = ends
        self._once = once
        self._attached: set[asyncio.Queue[bytes]] = set()
        self._over = False
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, container: Obj) -> Self | None:
        """The console that the container's spec asks for; None when it asks for none."""
        if not (container.get("tty") or container.get("stdin")):
            return None
        tap, tapped = os.pipe()
        os.set_blocking(tapped, False)
        if container.get("tty"):
            master, slave = os.openpty()
            stdio = Stdio(slave, slave, slave, tty=True, source=master, tap=tapped)
            ends = Ends({"stdin": os.dup(master), "stdout": tap}, tty=True)
        else:
            reading, writing = os.pipe()
            stdio = Stdio(reading, LOG, LOG, tap=tapped)
            ends = Ends({"stdin": writing, "stdout": tap}, tty=False)
        return cls(stdio, ends, once=bool(container.get("stdinOnce")))

    async def begin(self) -> None:
        """The process has started: listen to it."""
        self._let_go()
        await self._ends.open()
        self._listening = asyncio.create_task(self._listen(), name="console/listen")

    async def close(self) -> None:
        """The run is over; who is attached hears the rest."""
        if self._listening is None:
            self._let_go()
        else:
            await asyncio.wait([self._listening])
            await cancelled(self._listening)
        self._ends.close()

    def attach(self, request: ExecRequest) -> ConsoleAttachment:
        """Hear what is printed from now on; what was before is in the log."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        if self._over:
            queue.put_nowait(b"")
        self._attached.add(queue)
        return ConsoleAttachment(self, queue, self._ends, request)

    def leave(self, queue: asyncio.Queue[bytes]) -> None:
        """Somebody hears no more: what waits for him is dropped."""
        self._attached.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(b"")

    def end_input(self) -> None:
        """Who is attached has said all: with `stdinOnce` nobody else will say anything."""
        if self._once:
            self._ends.end_input()

    def _let_go(self) -> None:
        for number in self.stdio.passed:
            os.close(number)

    async def _listen(self) -> None:
        while data := await self._ends.read("stdout"):
            await self._tell(data)
        self._over = True
        await self._tell(b"")

    async def _tell(self, data: bytes) -> None:
        for queue in tuple(self._attached):
            try:
                async with asyncio.timeout(PATIENCE):
                    await queue.put(data)
            except TimeoutError:
                self.leave(queue)


class ConsoleAttachment:
    """A session at a console: closing it ends nothing but, with `stdinOnce`, the input."""

    def __init__(
        self, console: Console, queue: asyncio.Queue[bytes], ends: Ends, request: ExecRequest
    ) -> None:
        self._console = console
        self._queue = queue
        self._ends = ends
        self._main: Output = "stdout" if request.stdout else "stderr"
        self._stdin = request.stdin

    async def write(self, data: bytes) -> None:
        await self._ends.write(data)

    def end_input(self) -> None:
        self._console.end_input()

    def resize(self, columns: int, rows: int) -> None:
        self._ends.resize(columns, rows)

    async def read(self, output: Output) -> bytes:
        return await self._queue.get() if output == self._main else b""

    async def wait(self) -> int:
        return 0

    async def close(self) -> None:
        if self._stdin:
            self._console.end_input()
        self._console.leave(self._queue)
