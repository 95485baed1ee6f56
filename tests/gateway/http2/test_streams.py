"""Requests on streams: bodies both ways, windows, ends of all kinds, and WebSockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from struct import pack
from typing import TYPE_CHECKING, cast

import pytest

from gateway.limits import Limits
from tests.gateway.harness import PREFIX, TIMEOUT, Pod, Wire, answering, echo
from tests.gateway.http2.peer import block, fields, frame, headers
from tests.gateway.http2.served import served

if TYPE_CHECKING:
    from gateway.dataplane.client import ClientConnection

NO_ERROR, INTERNAL, CANCEL = 0, 2, 8
POST = fields("POST")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LARGE = 3_000_000
UPLOAD = 30_000_000


async def test_a_request_reaches_the_pod_as_by_http_1() -> None:
    """But for what must differ: who received it by what, and names in lower case."""
    lines = [("user-agent", "test"), ("x-plain", "a, b"), ("cookie", "a=1"), ("cookie", "b=2")]
    async with served(await Pod(echo).start()) as (r, peer):
        await peer.send(headers(1, fields("GET", "/a/b?c=d", *lines, ("x-request-id", "7"))))
        by_2 = (await peer.answer(1)).body
        by_1 = await r.ask(
            b"GET %b/a/b?c=d HTTP/1.1\r\nhost: gateway.test\r\nuser-agent: test\r\n" % PREFIX
            + b"x-plain: a, b\r\ncookie: a=1; b=2\r\nx-request-id: 7\r\n\r\n"
        )
        assert by_2.replace(b"Via: 2.0 ", b"Via: 1.1 ") == by_1.body
        assert [one.protocol for one in r.log.entries] == ["HTTP/2", "HTTP/1.1"]


async def test_requests_at_once_are_answered_as_they_are_done() -> None:
    release = asyncio.Event()

    async def script(wire: Wire) -> None:
        while True:
            request = await wire.request()
            if request.target == b"/slow":
                await release.wait()
            await wire.send(OK)

    async with served(await Pod(script).start()) as (_, peer):
        await peer.send(headers(1, fields("GET", "/slow")) + headers(3, fields("GET", "/fast")))
        assert (await peer.answer(3)).body == b"ok"
        assert not peer.answers.get(1)
        release.set()
        assert (await peer.answer(1)).body == b"ok"


@pytest.mark.parametrize("length", [(), (("content-length", "10"),)], ids=["unknown", "known"])
async def test_bodies_come_with_or_without_their_length(
    length: tuple[tuple[str, str], ...],
) -> None:
    async with served(await Pod(echo).start()) as (_, peer):
        await peer.send(headers(1, fields("POST", "/", *length), 4))
        await peer.send(frame(0, 0, 1, b"hello"), frame(0, 1, 1, b"world"))
        answer = await peer.answer(1)
        assert answer.body.endswith(b"\r\n\r\nhelloworld")
        assert (b"Content-Length: 10\r\n" in answer.body) == bool(length)
        assert (b"Transfer-Encoding: chunked\r\n" in answer.body) != bool(length)


async def test_a_chunked_answer_keeps_its_pieces_and_its_pace() -> None:
    more = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await more.wait()
        await wire.send(b"6\r\nsec", b"ond\r\n", b"0\r\n", b"\r\n")

    async with served(await Pod(script).start()) as (_, peer):
        await peer.send(headers(1, fields()))
        assert await peer.content(1, 5) == b"first"
        assert "transfer-encoding" not in peer.answers[1].heads[0]
        more.set()
        assert (await peer.answer(1)).body == b"firstsecond"


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ],
)
async def test_an_answer_without_a_body_ends_with_its_head(method: str, answer: bytes) -> None:
    async with served(await Pod(answering(answer)).start()) as (_, peer):
        for number in (1, 3):
            await peer.send(headers(number, fields(method)))
            got = await peer.answer(number)
            assert got.ended
            assert not got.body
            assert got.status == int(answer[9:12])
            assert got.heads[0].get("content-length") in (None, "0", "5")


async def test_an_answer_until_the_end_of_its_connection() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    async with served(await Pod(script).start()) as (_, peer):
        await peer.send(headers(1, fields()))
        assert (await peer.answer(1)).body == b"all of it"


async def test_the_client_is_asked_for_its_body() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        assert await wire.exactly(5) == b"hello"
        await wire.send(OK)

    async with served(await Pod(script).start()) as (_, peer):
        said = fields("POST", "/", ("content-length", "5"), ("expect", "100-continue"))
        await peer.send(headers(1, said, 4))
        await peer.head(1)
        while len(peer.answers[1].heads) < 2:
            await peer.next()
        await peer.send(frame(0, 1, 1, b"hello"))
        answer = await peer.answer(1)
        assert [head[":status"] for head in answer.heads] == ["103", "100", "200"]


async def test_an_early_answer_asks_for_no_more_of_the_body() -> None:
    async with served(await Pod(echo).start(), limits=Limits(body=10)) as (r, peer):
        await peer.send(headers(1, POST, 4) + frame(0, 0, 1, bytes(20)))
        answer = await peer.answer(1)
        assert answer.status == 413
        while answer.reset is None:
            await peer.next()
        assert answer.reset == NO_ERROR
        await peer.send(frame(0, 0, 1, bytes(20)) + frame(0, 1, 1), headers(3, fields()))
        assert (await peer.answer(3)).status == 200
        await r.balanced()


async def test_what_a_client_does_not_take_stays_with_the_pod() -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE + bytes(LARGE)
    async with served(await Pod(answering(body)).start()) as (r, peer):
        await peer.send(headers(1, fields()))
        await peer.content(1, 65_535)
        await peer.pong()
        assert len(peer.answers[1].body) == 65_535
        (stream,) = r.gateway.connections.open
        assert stream.stalled
        assert stream.transport is not None
        assert stream.transport.get_write_buffer_size() < 1_000_000
        await peer.send(frame(8, 0, 1, pack(">I", 100_000)))
        await peer.pong()
        assert len(peer.answers[1].body) == 65_535  # the connection's window is shut as well
        await peer.send(frame(8, 0, 0, pack(">I", 2 * LARGE)), frame(8, 0, 1, pack(">I", LARGE)))
        assert len((await peer.answer(1)).body) == LARGE
        await r.balanced()


async def test_a_window_may_become_less_than_nothing() -> None:
    """RFC 9113, section 6.9.2."""
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
    async with served(await Pod(answering(body)).start()) as (_, peer):
        await peer.send(frame(4, 0, 0, pack(">HI", 4, 3)) + headers(1, fields()))
        assert await peer.content(1, 3) == b"012"
        await peer.send(frame(4, 0, 0, pack(">HI", 4, 0)), frame(8, 0, 1, pack(">I", 3)))
        await peer.pong()
        assert peer.answers[1].body == b"012"
        await peer.send(frame(8, 0, 1, pack(">I", 1)))
        assert await peer.content(1, 4) == b"0123"
        await peer.send(frame(4, 0, 0, pack(">HI", 4, 100)))
        assert (await peer.answer(1)).body == b"0123456789"


async def test_what_a_pod_does_not_take_stays_with_the_client() -> None:
    """And another stream goes on meanwhile."""
    release = asyncio.Event()

    async def script(wire: Wire) -> None:
        head = await wire.head()
        if head.startswith(b"POST"):
            transport = cast("asyncio.Transport", wire.writer.transport)
            transport.pause_reading()
            await release.wait()
            transport.resume_reading()
            await wire.exactly(UPLOAD)
        await wire.send(OK)

    async with served(await Pod(script).start()) as (r, peer):
        await peer.send(headers(1, fields("POST", "/", ("content-length", str(UPLOAD))), 4))
        sent = 0

        async def push() -> None:
            """As much as the windows let through."""
            nonlocal sent
            while True:
                left = min(65_535 + peer.granted[0], 256 * 1024 + peer.granted[1], UPLOAD) - sent
                size = min(left, 16_384)
                if size <= 0:
                    return
                sent += size
                await peer.send(frame(0, int(sent == UPLOAD), 1, bytes(size)))

        await r.until(lambda: len(r.gateway.connections.open) == 1)
        (upload,) = r.gateway.connections.open
        while not cast("ClientConnection", upload).paused:
            await push()
            await peer.pong()
        await push()
        await peer.pong()
        stopped, before = sent, Counter(peer.granted)
        await push()
        await peer.pong()
        assert sent == stopped < UPLOAD
        assert peer.granted == before
        await peer.send(headers(3, fields()))
        assert (await peer.answer(3)).body == b"ok"
        release.set()
        while sent < UPLOAD:
            await push()
            await peer.next()
        assert (await peer.answer(1)).body == b"ok"
        await r.balanced()


async def test_a_client_that_gives_up_stops_the_pods_work() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        asked.set()
        await wire.ended()
        gone.set()

    async with served(await Pod(script).start()) as (r, peer):
        await peer.send(headers(1, fields()))
        await asyncio.wait_for(asked.wait(), TIMEOUT)
        await peer.send(frame(3, 0, 1, pack(">I", CANCEL)))
        await asyncio.wait_for(gone.wait(), TIMEOUT)
        await r.balanced()
        assert [one.reason for one in r.log.entries] == ["client_gone"]
        await peer.pong()


async def test_an_answer_that_breaks_off_breaks_its_stream() -> None:
    async def script(wire: Wire) -> None:
        request = await wire.request()
        if request.target == b"/broken":
            await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        else:
            await wire.send(OK)

    async with served(await Pod(script).start()) as (r, peer):
        await peer.send(headers(1, fields("GET", "/broken")))
        answer = await peer.answer(1)
        assert answer.reset == INTERNAL
        await peer.send(headers(3, fields()))
        assert (await peer.answer(3)).body == b"ok"
        await r.balanced()


async def test_a_connection_that_is_lost_ends_all_its_requests() -> None:
    async def script(wire: Wire) -> None:
        await wire.ended()

    async with served(await Pod(script).start()) as (r, peer):
        await peer.send(b"".join(headers(number, fields()) for number in (1, 3, 5)))
        await r.until(lambda: r.state.in_flight == 3)
        peer.writer.transport.abort()
        await r.balanced()
        assert [one.reason for one in r.log.entries] == 3 * ["client_gone"]
        await r.until(lambda: not r.stats.connections)


def websocket(*more: tuple[str, str]) -> bytes:
    said = [(":method", "CONNECT"), (":protocol", "websocket"), *fields()[1:]]
    return block([*said, ("sec-websocket-version", "13"), *more])


async def test_a_websocket_on_a_stream() -> None:
    """RFC 8441."""
    heads = []

    async def script(wire: Wire) -> None:
        heads.append(await wire.head())
        await wire.send(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\nhello"
        )
        assert await wire.exactly(4) == b"ping"
        await wire.send(b"pong")
        assert await wire.rest() == b"bye"

    async with served(await Pod(script).start()) as (r, peer):
        await peer.send(headers(1, websocket(("sec-websocket-protocol", "chat")), 4))
        head = await peer.head(1)
        assert head[":status"] == "200"
        assert head["sec-websocket-protocol"] == "chat"
        assert not {"upgrade", "connection", "sec-websocket-accept"} & set(head)
        assert await peer.content(1, 5) == b"hello"
        await peer.send(frame(0, 0, 1, b"ping"))
        assert await peer.content(1, 9) == b"hellopong"
        assert r.gateway.connections.tunnels == 1
        await peer.send(frame(0, 0, 1, b"bye"), frame(0, 1, 1))
        assert (await peer.answer(1)).ended
        await r.balanced()
        assert b"\r\nUpgrade: websocket\r\n" in heads[0]
        assert heads[0].lower().count(b"\r\nsec-websocket-key: ") == 1
        assert [(one.method, one.status) for one in r.log.entries] == [("GET", 101)]


async def test_a_websocket_that_the_pod_refuses() -> None:
    async with served(
        await Pod(answering(b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno")).start()
    ) as (
        r,
        peer,
    ):
        await peer.send(headers(1, websocket(), 4))
        answer = await peer.answer(1)
        assert (answer.status, answer.body) == (404, b"no")
        await r.balanced()


async def test_connect_without_a_protocol_is_not_implemented() -> None:
    async with served() as (_, peer):
        await peer.send(headers(1, block([(":method", "CONNECT"), (":authority", "other.test:1")])))
        assert (await peer.answer(1)).status == 501


async def test_a_block_means_what_the_table_says_now() -> None:
    """The bytes of a block are remembered only as long as they mean the same (RFC 7541)."""
    same, says = block(fields()) + b"\xbe", b"\x40\x03x-n\x01"
    async with served(await Pod(echo).start()) as (_, peer):
        numbers = iter(range(1, 100, 2))

        async def asked(said: bytes) -> bytes:
            number = next(numbers)
            await peer.send(headers(number, said))
            return (await peer.answer(number)).body

        for value in (b"1", b"2"):
            assert b"\r\nx-n: %b\r\n" % value in await asked(block(fields()) + says + value)
            for _ in range(4):
                assert b"\r\nx-n: %b\r\n" % value in await asked(same)
        await asked(b"\x20\x3f\xe1\x1f" + block(fields()) + says + b"3")  # emptied, and one new
        assert b"\r\nx-n: 3\r\n" in await asked(same)
        await peer.send(headers(next(numbers), b"\x20" + same))
        assert await peer.fate() == 9  # nothing is in the table any more
