"""kubectl exec and attach: what a client and a session say, carried from one to the other.

Called by `http`, whose clients speak over a WebSocket or SPDY. Each piece is passed on before the
next is read, so that who is slow holds the other back and nothing piles up.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from shared.embedded.streaming.channels import InputEnd, Resized, Typed, exit_status
from shared.runtime.tasks import cancelled

if TYPE_CHECKING:
    from shared.embedded.api.sessions import Output, Session
    from shared.embedded.streaming.channels import Input
    from shared.service.objects import Obj


class Client(Protocol):
    """The client's end of an exec or attach."""

    async def receive(self) -> Input | None:
        """What it says next; None when it has gone."""

    async def send(self, output: Output, data: bytes) -> None:
        """Pass output on. Raises ConnectionError when the client has gone."""

    async def finish(self, status: Obj) -> None:
        """Tell how it ended, and end. Raises ConnectionError when the client has gone."""


async def relay(client: Client, session: Session, outputs: tuple[Output, ...]) -> None:
    """Until the command has ended and the client has heard everything, or has gone.

    Raises ConnectionError when the client went while it was spoken to. The session is closed.
    """
    hearing = asyncio.create_task(_hear(client, session), name="exec/input")
    try:
        async with asyncio.TaskGroup() as group:
            for output in outputs:
                group.create_task(_tell(client, session, output), name=f"exec/{output}")
        code = await session.wait()
        await client.finish(exit_status(code))
    except* ConnectionError as gone:
        raise ConnectionError("the client of a command has gone") from gone
    finally:
        await session.close()
        await cancelled(hearing, ConnectionError)


async def _hear(client: Client, session: Session) -> None:
    """Until the client has gone: then nobody hears the session, so it is closed, its outputs end,
    and the relay with them."""
    try:
        while (said := await client.receive()) is not None:
            match said:
                case Typed():
                    await session.write(said.data)
                case InputEnd():
                    session.end_input()
                case Resized():
                    session.resize(said.columns, said.rows)
    finally:
        await session.close()


async def _tell(client: Client, session: Session, output: Output) -> None:
    while data := await session.read(output):
        await client.send(output, data)
