"""kubectl port-forward: pairs of SPDY streams, each pair a TCP connection to the pod.

Called by `http` with a connection. A client opens two streams with the same `requestid`: one for
the data and one on which it hears, as text, why there is none. Source: KEP-4006, and
k8s.io/apimachinery/pkg/util/portforward for the names of the headers.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from shared.embedded.errors import StatusError
from shared.embedded.streaming import spdy_frames
from shared.runtime.tasks import cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from shared.embedded.api.sessions import Link
    from shared.embedded.streaming.spdy import Connection, Stream

    Dial = Callable[[int], Awaitable[Link]]

PROTOCOL: Final = "portforward.k8s.io"
_TYPES: Final = ("error", "data")


async def forward(connection: Connection, dial: Dial) -> None:
    """Until the client closes the connection. `dial` opens a port of the pod, or raises OSError or
    StatusError, whose text the client shows."""
    halves: dict[str, dict[str, Stream]] = {}
    async with asyncio.TaskGroup() as group:
        while (stream := await connection.accept()) is not None:
            kind, request = stream.headers.get("streamtype", ""), _request(stream)
            half = halves.setdefault(request, {})
            if kind not in _TYPES or kind in half or _port(stream) is None:
                await stream.reset(spdy_frames.PROTOCOL_ERROR)
                continue
            half[kind] = stream
            if len(half) == len(_TYPES):
                del halves[request]
                work = _serve(half["error"], half["data"], dial)
                group.create_task(work, name=f"port-forward/{request}")


async def _serve(errors: Stream, stream: Stream, dial: Dial) -> None:
    """One TCP connection from its opening to its end."""
    port = _port(stream)
    assert port is not None, "it was looked at before the pair was made"
    with contextlib.suppress(ConnectionError):  # the client, gone at any moment: that is an end
        try:
            link = await dial(port)
        except (OSError, StatusError) as error:
            await errors.send(str(error).encode())
            await errors.end()
            await stream.reset()
            return
        await _join(stream, link)
        await errors.end()


async def _join(stream: Stream, link: Link) -> None:
    """Copy both ways until the pod's side has said all, or the client's is lost."""
    up = asyncio.create_task(_upwards(stream, link), name=f"port-forward/up/{stream.number}")
    try:
        with contextlib.suppress(ConnectionError):
            while data := await link.read():
                await stream.send(data)
        await stream.end()
    finally:
        link.abort()
        await cancelled(up)


async def _upwards(stream: Stream, link: Link) -> None:
    """What the client says, and that it has said all; a client that is lost ends it for the pod."""
    try:
        while data := await stream.receive():
            await link.write(data)
        link.end()
    except ConnectionError:
        link.abort()


def _request(stream: Stream) -> str:
    """What the two streams have in common; clients of old name only the port."""
    return stream.headers.get("requestid") or stream.headers.get("port", "")


def _port(stream: Stream) -> int | None:
    text = stream.headers.get("port", "")
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return port if 0 < port < 65536 else None
