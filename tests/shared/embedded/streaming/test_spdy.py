"""A SPDY connection: streams both ways, their ends, and what a client does wrong."""

from __future__ import annotations

import asyncio

import pytest

from shared.embedded.streaming import spdy, spdy_frames
from shared.embedded.streaming.spdy import Connection, Stream, StreamResetError
from shared.embedded.streaming.spdy_frames import Data, Ping, Reset, SpdyError
from tests.shared.embedded.streaming.conftest import Peer


async def first(connection: Connection) -> Stream:
    stream = await connection.accept()
    assert stream is not None
    return stream


async def test_a_stream_is_read_to_its_end_and_answered(peer: Peer) -> None:
    connection = Connection(peer.send)
    await connection.feed(peer.headers.syn_stream(1, {"Port": "80"}))
    stream = await first(connection)
    assert stream.headers == {"port": "80"}
    await connection.feed(spdy_frames.data(1, b"question"))
    await connection.feed(spdy_frames.data(1, b"", fin=True))
    assert [await stream.receive(), await stream.receive()] == [b"question", b""]
    await stream.send(b"answer")
    await stream.end()
    await stream.end()
    assert [await peer.hear(), await peer.hear()] == [Data(1, b"answer"), Data(1, b"", fin=True)]


async def test_large_output_is_sent_in_pieces(peer: Peer) -> None:
    connection = Connection(peer.send)
    await connection.feed(peer.headers.syn_stream(1, {}))
    stream = await first(connection)
    await stream.send(bytes(spdy.PIECE + 1))
    assert [await peer.hear(), await peer.hear()] == [Data(1, bytes(spdy.PIECE)), Data(1, b"\0")]


async def test_a_ping_is_answered(peer: Peer) -> None:
    await Connection(peer.send).feed(spdy_frames.ping(3))
    assert await peer.hear() == Ping(3)


async def test_who_does_not_read_holds_the_sender_back(peer: Peer) -> None:
    connection = Connection(peer.send)
    await connection.feed(peer.headers.syn_stream(1, {}))
    stream = await first(connection)
    feeding = asyncio.create_task(connection.feed(spdy_frames.data(1, bytes(spdy.UNREAD + 1))))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not feeding.done()
    await stream.receive()
    await feeding


async def test_a_reset_is_learnt_by_who_reads_and_who_writes(peer: Peer) -> None:
    connection = Connection(peer.send)
    await connection.feed(peer.headers.syn_stream(1, {}))
    stream = await first(connection)
    reading = asyncio.create_task(stream.receive())
    await asyncio.sleep(0)
    await connection.feed(spdy_frames.reset(1, spdy_frames.CANCEL))
    with pytest.raises(StreamResetError):
        await reading
    with pytest.raises(StreamResetError):
        await stream.send(b"x")
    await stream.end()  # nobody to tell
    await connection.feed(spdy_frames.data(1, b"late"))  # of a stream that is no more


async def test_streams_end_with_the_connection(peer: Peer) -> None:
    connection = Connection(peer.send)
    await connection.feed(peer.headers.syn_stream(1, {}))
    stream = await first(connection)
    connection.close()
    assert await connection.accept() is None
    with pytest.raises(StreamResetError):
        await stream.receive()


@pytest.mark.parametrize("number", [2, 1])
async def test_a_number_that_is_not_the_clients_next_is_refused(peer: Peer, number: int) -> None:
    connection = Connection(peer.send)
    await connection.feed(peer.headers.syn_stream(1, {}))
    await connection.feed(peer.headers.syn_stream(number, {}))
    assert await peer.hear() == Reset(number, spdy_frames.PROTOCOL_ERROR)


async def test_streams_are_bounded_and_room_comes_back(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spdy, "MOST_STREAMS", 1)
    connection = Connection(peer.send)
    await connection.feed(peer.headers.syn_stream(1, {}, fin=True))
    stream = await first(connection)
    await connection.feed(peer.headers.syn_stream(3, {}))
    assert await peer.hear() == Reset(3, spdy_frames.REFUSED_STREAM)
    await stream.end()
    await connection.feed(peer.headers.syn_stream(5, {}))
    assert (await first(connection)).number == 5


async def test_nonsense_ends_the_connection(peer: Peer) -> None:
    with pytest.raises(SpdyError):
        await Connection(peer.send).feed(b"\x80GET / HTTP/1.1\r\n")


async def test_work_ends_with_the_client_and_the_wire_is_closed(peer: Peer) -> None:
    async def work(connection: Connection) -> None:
        assert await connection.accept() is None

    serving = asyncio.create_task(spdy.over(peer, work))
    peer.leave()
    await serving
    assert peer.closed.is_set()


async def test_who_speaks_something_else_is_told_so_and_has_gone(peer: Peer) -> None:
    async def work(connection: Connection) -> None:
        assert await connection.accept() is None

    peer.say(b"\x80GET / HTTP/1.1\r\n")
    await spdy.over(peer, work)
    assert peer.closed.is_set()
