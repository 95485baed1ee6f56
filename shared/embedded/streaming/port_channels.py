"""Port-forward without SPDY, as Kubernetes' clients in Python and JavaScript ask for it.

Called by `http`. Each port has two channels of one WebSocket, an even one for its data and the next
for an error in words; the first message on each names the port. A port is dialled once, at the
beginning. Source: k8s.io/kubelet/pkg/cri/streaming/portforward.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Final, Protocol

from shared.embedded.errors import StatusError
from shared.runtime.tasks import cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from shared.embedded.api.sessions import Link

MOST_PORTS: Final = 32


class Messages(Protocol):
    """A WebSocket."""

    async def receive(self) -> bytes:
        """The next message that is not empty; an empty one once the client has gone."""

    async def send(self, data: bytes) -> None:
        """Raises ConnectionError."""


async def forward_ports(
    client: Messages, ports: Sequence[int], dial: Callable[[int], Awaitable[Link]]
) -> None:
    """Until the client goes. Raises ConnectionError when it went while it was spoken to."""
    links: dict[int, Link] = {}
    pumps = []
    try:
        for number, port in enumerate(ports):
            name = struct.pack("<H", port)
            await client.send(bytes([2 * number]) + name)
            await client.send(bytes([2 * number + 1]) + name)
            try:
                links[number] = await dial(port)
            except (OSError, StatusError) as error:
                await client.send(bytes([2 * number + 1]) + str(error).encode())
                continue
            work = _downwards(client, number, links[number])
            pumps.append(asyncio.create_task(work, name=f"port-forward/{port}"))
        while message := await client.receive():
            await _upwards(links.get(message[0] // 2), message)
    finally:
        for link in links.values():
            link.abort()
        for pump in pumps:
            await cancelled(pump, ConnectionError)


async def _upwards(link: Link | None, message: bytes) -> None:
    """What the client says to a port; nothing to what is no data, or to one that has gone."""
    if link is not None and message[0] % 2 == 0:
        try:
            await link.write(message[1:])
        except ConnectionError:
            link.abort()


async def _downwards(client: Messages, number: int, link: Link) -> None:
    while data := await link.read():
        await client.send(bytes([2 * number]) + data)
