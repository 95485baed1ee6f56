"""Port-forward: pairs of streams, what the pod says and hears, and errors in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared.embedded.streaming import spdy_frames
from shared.embedded.streaming.forwarding import forward
from shared.embedded.streaming.spdy import Connection
from shared.embedded.streaming.spdy_frames import Data, Reset
from tests.shared.embedded.streaming.conftest import Peer

Serving = Callable[[Callable[[Connection], Any]], Any]


class Pod:
    """A link whose other side is the test."""

    def __init__(self) -> None:
        self.says: asyncio.Queue[bytes] = asyncio.Queue()
        self.heard: asyncio.Queue[bytes | str] = asyncio.Queue()
        self.ports: list[int] = []

    async def dial(self, port: int) -> Pod:
        self.ports.append(port)
        if port == 81:
            raise OSError("connect: connection refused")
        return self

    async def read(self) -> bytes:
        return await self.says.get()

    async def write(self, data: bytes) -> None:
        self.heard.put_nowait(data)

    def end(self) -> None:
        self.heard.put_nowait("end")

    def abort(self) -> None:
        self.heard.put_nowait("abort")
        self.says.put_nowait(b"")


@pytest.fixture
def pod() -> Pod:
    return Pod()


def pair(peer: Peer, first: int, request: str, port: str = "80") -> None:
    peer.open(first, streamType="error", port=port, requestID=request)
    peer.open(first + 2, streamType="data", port=port, requestID=request)


async def test_data_goes_both_ways_until_the_pod_has_said_all(
    peer: Peer, pod: Pod, serving: Serving
) -> None:
    async with serving(lambda connection: forward(connection, pod.dial)):
        pair(peer, 1, "0")
        peer.say(spdy_frames.data(3, b"GET"))
        assert await pod.heard.get() == b"GET"
        pod.says.put_nowait(b"200")
        assert await peer.hear() == Data(3, b"200")
        peer.say(spdy_frames.data(3, b"", fin=True))
        assert await pod.heard.get() == "end"
        pod.says.put_nowait(b"")
        assert await peer.hear() == Data(3, b"", fin=True)
        assert await pod.heard.get() == "abort"
        assert await peer.hear() == Data(1, b"", fin=True)
    assert pod.ports == [80]


async def test_a_port_that_nobody_listens_on_is_told_on_the_error_stream(
    peer: Peer, pod: Pod, serving: Serving
) -> None:
    async with serving(lambda connection: forward(connection, pod.dial)):
        pair(peer, 1, "0", port="81")
        assert await peer.hear() == Data(1, b"connect: connection refused")
        assert await peer.hear() == Data(1, b"", fin=True)
        assert await peer.hear() == Reset(3, spdy_frames.CANCEL)
        pair(peer, 5, "1")  # the connection goes on
        peer.say(spdy_frames.data(7, b"x"))
        assert await pod.heard.get() == b"x"


async def test_a_client_that_resets_its_stream_breaks_the_pods_connection(
    peer: Peer, pod: Pod, serving: Serving
) -> None:
    async with serving(lambda connection: forward(connection, pod.dial)):
        pair(peer, 1, "0")
        peer.say(spdy_frames.data(3, b"x") + spdy_frames.reset(3, spdy_frames.CANCEL))
        assert "abort" in [await pod.heard.get(), await pod.heard.get()]


async def test_a_client_that_leaves_breaks_every_connection(
    peer: Peer, pod: Pod, serving: Serving
) -> None:
    async with serving(lambda connection: forward(connection, pod.dial)) as task:
        pair(peer, 1, "0")
        peer.say(spdy_frames.data(3, b"x"))
        await pod.heard.get()
        peer.leave()
        await task
    assert await pod.heard.get() == "abort"


@pytest.mark.parametrize(
    "headers",
    [
        {"streamType": "data", "port": "0"},
        {"streamType": "data", "port": "65536"},
        {"streamType": "data", "port": "http"},
        {"streamType": "data"},
        {"streamType": "other", "port": "80"},
        {"port": "80"},
    ],
)
async def test_a_stream_that_is_no_part_of_a_pair_is_reset(
    peer: Peer, pod: Pod, serving: Serving, headers: dict[str, str]
) -> None:
    async with serving(lambda connection: forward(connection, pod.dial)):
        peer.open(1, **headers)
        assert await peer.hear() == Reset(1, spdy_frames.PROTOCOL_ERROR)
    assert pod.ports == []
