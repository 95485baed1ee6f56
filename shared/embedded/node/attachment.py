"""kubectl attach: what a container's own process prints from now on, as its log gets it.

Made by `providers`. The process is not listened to itself, so lines come when they are whole.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from shared.embedded.api.providers import LogRequest
from shared.embedded.node import logs

if TYPE_CHECKING:
    from shared.embedded.api.sessions import ExecRequest, Output
    from shared.embedded.node.container import Container

NO_INPUT: Final = (
    "the container has no standard input (stdin: true in its spec): what is typed is dropped; "
    "kubectl exec -it starts a shell beside its process\n"
)


class Attachment:
    """A session without a command of its own: closing it ends nothing."""

    def __init__(self, container: Container, request: ExecRequest) -> None:
        self._log = logs.LogReader(container.log, LogRequest(request.container, tail_lines=0))
        self._log.first()
        self._ended = container.ended  # of the run that is attached to
        self._closed = self._over = False
        self._main: Output = "stdout" if request.stdout else "stderr"
        self._remark: Output = "stderr" if request.stderr else "stdout"
        self._remarks = [NO_INPUT.encode()] if request.stdin else []

    async def write(self, data: bytes) -> None:
        """Dropped: the process reads nothing."""

    def end_input(self) -> None:
        """It had none."""

    def resize(self, columns: int, rows: int) -> None:
        """There is no terminal."""

    async def read(self, output: Output) -> bytes:
        if self._remarks and output == self._remark:
            return self._remarks.pop()
        while output == self._main and not self._over:
            self._over = self._closed or self._ended.is_set()
            data = await self._more()
            if data:
                return data
        return b""

    async def _more(self) -> bytes:
        """What came since, or nothing after a while; the last time, the log is let go of."""
        try:
            data = await asyncio.to_thread(self._log.more)
            if not (data or self._over):
                await asyncio.sleep(logs.POLL)
        except asyncio.CancelledError:
            self._over = True
            raise
        finally:
            if self._over:
                self._log.close()
        return data

    async def wait(self) -> int:
        return 0

    async def close(self) -> None:
        """The process goes on; what is read ends."""
        self._closed = True
