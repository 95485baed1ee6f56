"""What exec, attach and port-forward ask of the node agent, and what it gives them. Pure.

The HTTP face relays between a client and a `Session`; the node agent makes sessions; neither knows
the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Output = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class ExecRequest:
    """A command for a container, or an attachment to its own process when `command` is empty.

    stdin, stdout, stderr: what is connected; a terminal has no stderr of its own.
    """

    container: str
    command: tuple[str, ...] = ()
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    tty: bool = False


class Session(Protocol):
    """A command that runs, or a container's process that is listened to."""

    async def write(self, data: bytes) -> None:
        """To the standard input, once there is room; dropped when nobody reads any more."""

    def end_input(self) -> None:
        """Nothing more comes."""

    def resize(self, columns: int, rows: int) -> None:
        """The client's window has this size now; does nothing without a terminal."""

    async def read(self, output: Output) -> bytes:
        """The next piece; empty at the end."""

    async def wait(self) -> int:
        """The exit code, as a shell has it."""

    async def close(self) -> None:
        """Let go; what still runs is killed."""


class Link(Protocol):
    """A TCP connection to a port of a pod."""

    async def read(self) -> bytes:
        """The next piece; empty at the end. Raises ConnectionError."""

    async def write(self, data: bytes) -> None:
        """Send, once there is room. Raises ConnectionError."""

    def end(self) -> None:
        """Say that nothing more is sent."""

    def abort(self) -> None:
        """Break it off."""
