"""A command over SPDY: the streams that a client opens for it, and what comes over them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared.embedded.api.sessions import ExecRequest
from shared.embedded.streaming import spdy_client, spdy_frames
from shared.embedded.streaming.channels import InputEnd, Resized, Typed
from shared.embedded.streaming.spdy import Connection
from shared.embedded.streaming.spdy_client import SpdyClient
from shared.embedded.streaming.spdy_frames import Data, Reset
from tests.shared.embedded.streaming.conftest import Peer

Serving = Callable[[Callable[[Connection], Any]], Any]


class Opened:
    """The client as soon as it has opened everything."""

    def __init__(self, request: ExecRequest) -> None:
        self._request = request
        self._client: asyncio.Future[SpdyClient | None] = asyncio.Future()

    async def work(self, connection: Connection) -> None:
        client = await spdy_client.open_command(connection, self._request)
        self._client.set_result(client)
        if client is not None:
            await connection.accept()  # until the peer leaves
            await client.stop()

    async def client(self) -> SpdyClient:
        client = await self._client
        assert client is not None
        return client


async def test_input_output_and_status_have_a_stream_each(peer: Peer, serving: Serving) -> None:
    opened = Opened(ExecRequest("c", ("sh",), stdin=True, stdout=True, stderr=True))
    async with serving(opened.work):
        for number, name in ((1, "error"), (3, "stdin"), (5, "stdout"), (7, "stderr")):
            peer.open(number, streamType=name)
        client = await opened.client()
        peer.say(spdy_frames.data(3, b"typed", fin=True))
        assert [await client.receive(), await client.receive()] == [Typed(b"typed"), InputEnd()]
        await client.send("stdout", b"out")
        await client.send("stderr", b"err")
        assert [await peer.hear(), await peer.hear()] == [Data(5, b"out"), Data(7, b"err")]
        await client.finish({"status": "Success"})
        assert await peer.hear() == Data(1, b'{"status":"Success"}')


async def test_a_terminal_has_sizes_and_a_stranger_is_reset(peer: Peer, serving: Serving) -> None:
    opened = Opened(ExecRequest("c", ("sh",), stdout=True, tty=True))
    async with serving(opened.work):
        peer.open(1, streamType="error")
        peer.open(3, streamType="stdin")
        assert await peer.hear() == Reset(3, spdy_frames.PROTOCOL_ERROR)
        peer.open(5, streamType="stdout")
        peer.open(7, streamType="resize")
        client = await opened.client()
        peer.say(spdy_frames.data(7, b'{"Width":80,"Height":24}\n'))
        assert await client.receive() == Resized(80, 24)
        peer.say(spdy_frames.reset(7, spdy_frames.CANCEL))
        assert await client.receive() is None


async def test_a_client_that_opens_too_little_is_not_waited_for(
    peer: Peer, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spdy_client, "OPENING_SECONDS", 0.0)
    async with serving(Opened(ExecRequest("c", ("sh",), stdout=True)).work) as task:
        peer.open(1, streamType="error")
        await task
    assert peer.closed.is_set()
