"""What client and session say reaches the other; whoever ends, ends both."""

from __future__ import annotations

import asyncio

import pytest

from shared.embedded.api.sessions import Output
from shared.embedded.streaming.channels import Input, InputEnd, Resized, Typed
from shared.embedded.streaming.relay import relay
from shared.service.objects import Obj


class Command:
    """A session that repeats its input in capitals, and ends with it."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.size = (0, 0)
        self.closed = False
        self._said: asyncio.Queue[bytes] = asyncio.Queue()

    async def write(self, data: bytes) -> None:
        self._said.put_nowait(data.upper())

    def end_input(self) -> None:
        self._said.put_nowait(b"")

    def resize(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)

    async def read(self, output: Output) -> bytes:
        return b"" if output == "stderr" else await self._said.get()

    async def wait(self) -> int:
        return self.code

    async def close(self) -> None:
        self.closed = True
        self._said.put_nowait(b"")


class Person:
    """A client that says what it is given, then nothing more, or goes."""

    def __init__(self, *says: Input | None, deaf: bool = False) -> None:
        self.heard: list[tuple[Output, bytes]] = []
        self.status: Obj | None = None
        self._says = list(says)
        self._deaf = deaf

    async def receive(self) -> Input | None:
        if not self._says:
            await asyncio.Event().wait()
        return self._says.pop(0)

    async def send(self, output: Output, data: bytes) -> None:
        if self._deaf:
            raise ConnectionResetError
        self.heard.append((output, data))

    async def finish(self, status: Obj) -> None:
        if self._deaf:
            raise ConnectionResetError
        self.status = status


async def test_input_output_size_and_end() -> None:
    command, person = Command(3), Person(Typed(b"a"), Resized(80, 24), Typed(b"b"), InputEnd())
    await relay(person, command, ("stdout", "stderr"))
    assert person.heard == [("stdout", b"A"), ("stdout", b"B")]
    assert command.size == (80, 24)
    assert person.status is not None
    assert person.status["details"]["causes"][0]["message"] == "3"
    assert command.closed


async def test_a_client_that_goes_ends_the_command() -> None:
    command = Command()
    await relay(Person(None), command, ("stdout",))
    assert command.closed


async def test_a_client_that_is_gone_when_it_is_spoken_to_ends_the_command() -> None:
    command = Command()
    with pytest.raises(ConnectionError):
        await relay(Person(Typed(b"a"), deaf=True), command, ("stdout",))
    assert command.closed


async def test_a_mistake_of_ours_is_not_swallowed() -> None:
    class Broken(Command):
        async def write(self, data: bytes) -> None:
            raise ValueError("a mistake")

    command = Broken()
    with pytest.raises(ValueError, match="a mistake"):
        await relay(Person(Typed(b"a")), command, ("stdout",))
    assert command.closed
