"""kubectl exec and attach over SPDY: each standard stream is a SPDY stream that the client opens.

Used by `http` for clients that do not speak WebSocket. The headers are those of
k8s.io/client-go/tools/remotecommand, version 4 of its protocol.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import orjson

from shared.embedded.streaming import spdy_frames
from shared.embedded.streaming.channels import InputEnd, Typed, resized
from shared.embedded.streaming.spdy import StreamResetError
from shared.runtime.tasks import cancelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.embedded.api.sessions import ExecRequest, Output
    from shared.embedded.streaming.channels import Input
    from shared.embedded.streaming.spdy import Connection, Stream
    from shared.service.objects import Obj

PROTOCOLS: Final = ("v4.channel.k8s.io",)
OPENING_SECONDS: Final = 30.0
"""How long a client may take to open its streams, as in the kubelet."""


class SpdyClient:
    """The client of a command: `relay.Client` by streams."""

    def __init__(self, streams: Mapping[str, Stream]) -> None:
        self._streams = streams
        self._said: asyncio.Queue[Input | None] = asyncio.Queue(1)
        self._reading = [
            asyncio.create_task(read(streams[name]), name=f"exec/spdy/{name}")
            for name, read in (("stdin", self._typed), ("resize", self._sizes))
            if name in streams
        ]

    async def receive(self) -> Input | None:
        return await self._said.get()

    async def send(self, output: Output, data: bytes) -> None:
        await self._streams[output].send(data)

    async def finish(self, status: Obj) -> None:
        await self._streams["error"].send(orjson.dumps(status))
        for stream in self._streams.values():
            await stream.end()

    async def stop(self) -> None:
        """Read no more."""
        for task in self._reading:
            await cancelled(task)

    async def _typed(self, stream: Stream) -> None:
        try:
            while data := await stream.receive():
                await self._said.put(Typed(data))
            await self._said.put(InputEnd())
        except StreamResetError:
            await self._said.put(None)

    async def _sizes(self, stream: Stream) -> None:
        try:
            while data := await stream.receive():
                for line in data.splitlines():
                    size = resized(line)
                    if size is not None:
                        await self._said.put(size)
        except StreamResetError:
            await self._said.put(None)


async def open_command(connection: Connection, request: ExecRequest) -> SpdyClient | None:
    """The client once it has opened what it asks for; None when it goes or takes too long."""
    wanted = {name for name in ("stdin", "stdout", "stderr") if getattr(request, name)}
    wanted |= {"error", "resize"} if request.tty else {"error"}
    streams: dict[str, Stream] = {}
    try:
        async with asyncio.timeout(OPENING_SECONDS):
            while streams.keys() != wanted:
                stream = await connection.accept()
                if stream is None:
                    return None
                name = stream.headers.get("streamtype", "")
                if name not in wanted or name in streams:
                    await stream.reset(spdy_frames.PROTOCOL_ERROR)
                else:
                    streams[name] = stream
    except TimeoutError:
        return None
    return SpdyClient(streams)
