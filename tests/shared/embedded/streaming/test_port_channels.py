"""Ports over channels of a WebSocket."""

from __future__ import annotations

import asyncio

from shared.embedded.streaming.port_channels import forward_ports


class Client:
    """The test's end of a WebSocket."""

    def __init__(self) -> None:
        self.says: asyncio.Queue[bytes] = asyncio.Queue()
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(self) -> bytes:
        return await self.says.get()

    async def send(self, data: bytes) -> None:
        self.heard.put_nowait(data)


class Echo:
    """A port that says in capitals what it hears."""

    def __init__(self, *, broken: bool = False) -> None:
        self.aborted = False
        self._broken = broken
        self._said: asyncio.Queue[bytes] = asyncio.Queue()

    async def read(self) -> bytes:
        return await self._said.get()

    async def write(self, data: bytes) -> None:
        if self._broken:
            raise ConnectionResetError
        self._said.put_nowait(data.upper())

    def end(self) -> None:
        raise AssertionError("a client cannot say this")

    def abort(self) -> None:
        self.aborted = True


async def test_each_port_has_a_channel_for_data_and_one_for_errors() -> None:
    client, links = Client(), {80: Echo(), 82: Echo(broken=True)}

    async def dial(port: int) -> Echo:
        if port == 81:
            raise OSError("connection refused")
        return links[port]

    forwarding = asyncio.create_task(forward_ports(client, (80, 81, 82), dial))
    heard = [await client.heard.get() for _ in range(7)]
    assert heard == [
        b"\x00P\x00", b"\x01P\x00",
        b"\x02Q\x00", b"\x03Q\x00", b"\x03connection refused",
        b"\x04R\x00", b"\x05R\x00",
    ]  # fmt: skip
    for message in (b"\x01no data", b"\x02nobody", b"\x63nobody", b"\x04broken", b"\x00hello"):
        client.says.put_nowait(message)
    assert await client.heard.get() == b"\x00HELLO"
    client.says.put_nowait(b"")
    await forwarding
    assert all(link.aborted for link in links.values())
