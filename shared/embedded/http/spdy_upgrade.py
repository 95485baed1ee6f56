"""A connection that stops being HTTP and goes on as SPDY/3.1, as kubectl before 1.31 asks for it.

Used by `streams`. aiohttp hands on what comes after the answer, as it does for WebSockets; reading
is held back while nobody takes it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web

from shared.embedded.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Sequence

UNREAD: Final = 256 * 1024
"""Bytes that may wait before the client is held back."""
_NAME: Final = "SPDY/3.1"
_VERSION: Final = "X-Stream-Protocol-Version"


class SpdyWire:
    """The connection as bytes: `spdy.Wire`."""

    def __init__(self, request: web.Request, response: web.StreamResponse) -> None:
        self.response = response
        self._transport = request.transport
        self._buffer = bytearray()
        self._ended = False
        self._changed = asyncio.Event()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """What came, by aiohttp; (whether it is over, what is left)."""
        self._buffer += data
        self._changed.set()
        if len(self._buffer) > UNREAD and self._transport is not None:
            cast("asyncio.ReadTransport", self._transport).pause_reading()
        return False, b""

    def feed_eof(self) -> None:
        """The client has gone."""
        self._ended = True
        self._changed.set()

    async def receive(self) -> bytes:
        while not self._buffer and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        data = bytes(self._buffer)
        self._buffer.clear()
        if self._transport is not None and not self._ended:
            cast("asyncio.ReadTransport", self._transport).resume_reading()
        return data

    async def send(self, data: bytes) -> None:
        await self.response.write(data)

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def begin(request: web.Request, spoken: Sequence[str]) -> SpdyWire:
    """Answer that SPDY is spoken from now on; raises 400."""
    if request.headers.get("Upgrade", "").upper() != _NAME:
        raise bad_request(f"unable to upgrade: only WebSocket and {_NAME} are spoken")
    offered = [
        each.strip() for line in request.headers.getall(_VERSION, ()) for each in line.split(",")
    ]
    chosen = next((each for each in offered if each in spoken), None)
    if chosen is None:
        raise bad_request(
            f"unable to upgrade: unable to negotiate protocol: client supports {offered}, "
            f"server accepts {list(spoken)}"
        )
    headers = {"Connection": "Upgrade", "Upgrade": _NAME, _VERSION: chosen}
    response = web.StreamResponse(status=101, headers=headers)
    response.force_close()
    wire = SpdyWire(request, response)
    await response.prepare(request)
    request.protocol.set_parser(cast("Any", wire))
    return wire
