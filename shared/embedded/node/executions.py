"""All that kubectl exec runs in one container: bounded, ended and measured with it.

Owned by `container`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.errors import too_many_requests
from shared.embedded.node.execution import Execution, Refusal
from shared.embedded.node.process import StartError
from shared.embedded.node.procfs import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.embedded.api.sessions import ExecRequest, Session
    from shared.embedded.node.process import Command

MOST: Final = 32
"""At a time, of one container."""
_NOTHING: Final = Usage(0.0, 0)


class Executions:
    """marker: what every process of the container carries."""

    def __init__(self, container: str, marker: str) -> None:
        self._container = container
        self._marker = marker
        self._running: dict[Execution, Usage] = {}
        self._ended = 0.0  # CPU seconds of those that have ended
        self._kills = 0

    async def start(self, command: Command, request: ExecRequest) -> Session:
        """Run a command. Raises StatusError when too many do."""
        if len(self._running) >= MOST:
            raise too_many_requests(
                f"{MOST} commands run in container {self._container} by exec: end one first"
            )
        kills = self._kills
        try:
            execution = await Execution.start(command, self._marker, request)
        except StartError as error:
            return Refusal(error, command, tty=request.tty)
        self._running[execution] = _NOTHING
        execution.on_end(self._forget)
        if kills != self._kills:  # the container has ended meanwhile
            execution.kill()
        return execution

    def kill(self) -> None:
        """The container has ended."""
        self._kills += 1
        for execution in self._running:
            execution.kill()

    @property
    def roots(self) -> list[int]:
        """The pids below which their processes are."""
        return [execution.root for execution in self._running]

    def usage(self, usages: Mapping[int, Usage]) -> Usage:
        """CPU of all so far, also of those that have ended; memory of those that run."""
        for execution, known in self._running.items():
            self._running[execution] = usages.get(execution.root, known)
        found = self._running.values()
        cpu = self._ended + sum(each.cpu for each in found)
        return Usage(cpu, sum(each.memory for each in found))

    def _forget(self, execution: Execution) -> None:
        self._ended += self._running.pop(execution).cpu
