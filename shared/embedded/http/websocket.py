"""Streams over a WebSocket (RFC 6455): channels of a command, or SPDY in a tunnel.

Used by `streams`. aiohttp holds the sender back while the reader is slow, in both directions.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import orjson
from aiohttp import WSMsgType, web

from shared.embedded.errors import bad_request
from shared.embedded.streaming import channels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.embedded.api.sessions import Output
    from shared.embedded.streaming.channels import Input
    from shared.service.objects import Obj

LARGEST_MESSAGE: Final = 4 * 1024 * 1024
"""Bytes; kubectl sends 32 KiB at a time."""
GOODBYE_SECONDS: Final = 2.0
"""How long the client may take to answer that the WebSocket is closed."""
_TUNNELLED: Final = "SPDY/3.1+"
_PROTOCOL: Final = "Sec-WebSocket-Protocol"


class WebSocketClient:
    """The client of a command: `relay.Client` by channels."""

    def __init__(self, response: web.WebSocketResponse) -> None:
        self.response = response
        self._protocol = response.ws_protocol or ""

    async def receive(self) -> Input | None:
        while (message := await _message(self.response)) is not None:
            said = channels.read(message, self._protocol)
            if said is not None:
                return said
        return None

    async def send(self, output: Output, data: bytes) -> None:
        await self.response.send_bytes(bytes([channels.NUMBERS[output]]) + data)

    async def finish(self, status: Obj) -> None:
        await self.response.send_bytes(bytes([channels.ERROR]) + orjson.dumps(status))
        await self.response.close()


class Tunnel:
    """A stream of bytes, or messages, in binary ones: `spdy.Wire` and `port_channels.Messages`."""

    def __init__(self, response: web.WebSocketResponse) -> None:
        self.response = response

    async def receive(self) -> bytes:
        while (message := await _message(self.response)) is not None:
            if message:
                return message
        return b""

    async def send(self, data: bytes) -> None:
        await self.response.send_bytes(data)

    async def close(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self.response.close()


def is_asked(request: web.Request) -> bool:
    """Whether the client wants a WebSocket, and not SPDY itself."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def command(request: web.Request) -> WebSocketClient:
    """Begin a WebSocket with channels; raises 400."""
    return WebSocketClient(await _begin(request, (channels.V5, channels.V4)))


async def tunnel(request: web.Request, protocol: str) -> Tunnel:
    """Begin a tunnel for SPDY with `protocol` in it; raises 400."""
    return Tunnel(await _begin(request, (_TUNNELLED + protocol,)))


def is_tunnel(request: web.Request) -> bool:
    """Whether the client wants SPDY in the WebSocket."""
    return _TUNNELLED in request.headers.get(_PROTOCOL, "").upper()


async def ports(request: web.Request) -> Tunnel:
    """Begin a WebSocket with channels of ports; raises 400."""
    return Tunnel(await _begin(request, (channels.V4,)))


async def _begin(request: web.Request, spoken: Sequence[str]) -> web.WebSocketResponse:
    offered = request.headers.get(_PROTOCOL, "").replace(" ", "").split(",")
    if not set(offered) & set(spoken):
        raise bad_request(
            f"unable to upgrade: unable to negotiate protocol: client supports {offered}, "
            f"server accepts {list(spoken)}"
        )
    response = web.WebSocketResponse(
        protocols=spoken, timeout=GOODBYE_SECONDS, max_msg_size=LARGEST_MESSAGE, compress=False
    )
    try:
        await response.prepare(request)
    except web.HTTPBadRequest as error:
        raise bad_request(f"unable to upgrade: {error.text}") from error
    return response


async def _message(response: web.WebSocketResponse) -> bytes | None:
    """The next message; None once the client has gone."""
    message = await response.receive()
    match message.type:
        case WSMsgType.BINARY:
            content: bytes = message.data
            return content
        case WSMsgType.TEXT:
            return str(message.data).encode()
    return None
