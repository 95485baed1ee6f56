"""The client's side on real sockets: heads in pieces, limits, and requests made to be misread."""

from __future__ import annotations

import asyncio

import pytest

from gateway.limits import Limits
from gateway.net.sockets import plain_address
from tests.gateway.harness import PREFIX, TIMEOUT, Pod, Rig, echo, get, post, rig
from tests.waiting import still

TARGET = PREFIX + b"/ HTTP/1.1\r\nHost: h\r\n"
SMUGGLED = b"GET " + PREFIX + b"/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

POST = b"POST " + TARGET
GET = b"GET " + TARGET
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
UPGRADE = GET + b"Connection: upgrade\r\nUpgrade: websocket\r\n"

SMUGGLING = {
    "CL.TE": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE.CL": CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "TE.TE": CHUNKED + b"Transfer-Encoding: x\r\n\r\n",
    "TE x2": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n",
    "TE xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n",
    "TE space": POST + b"Transfer-Encoding : chunked\r\n\r\n",
    "TE vtab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n",
    "TE folded": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n",
    "TE tail": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n",
    "TE quoted": POST + b'Transfer-Encoding: "chunked"\r\n\r\n',
    "TE 1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n0\r\n\r\n",
    "CL x2": POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n",
    "CL same x2": POST + b"Content-Length: 4\r\ncontent-length: 4\r\n\r\n",
    "CL list": POST + b"Content-Length: 4, 4\r\n\r\n",
    "CL sign": POST + b"Content-Length: +4\r\n\r\n",
    "CL minus": POST + b"Content-Length: -4\r\n\r\n",
    "CL hex": POST + b"Content-Length: 0x4\r\n\r\n",
    "CL underscore": POST + b"Content-Length: 1_0\r\n\r\n",
    "CL space": POST + b"Content-Length: 1 0\r\n\r\n",
    "CL empty": POST + b"Content-Length:\r\n\r\n",
    "CL name space": POST + b"Content-Length : 4\r\n\r\n",
    "bare LF": b"GET " + PREFIX + b"/ HTTP/1.1\nHost: h\n\n",
    "bare LF in head": GET + b"X: y\nContent-Length: 5\r\n\r\n",
    "bare CR in head": GET + b"X: y\rContent-Length: 5\r\n\r\n",
    "NUL": GET + b"X: a\x00b\r\n\r\n",
    "folded": GET + b"X: a\r\n\tb\r\n\r\n",
    "first line folded": b"GET " + PREFIX + b"/ HTTP/1.1\r\n Host: h\r\n\r\n",
    "no Host": b"GET " + PREFIX + b"/ HTTP/1.1\r\n\r\n",
    "two Hosts": GET + b"Host: other\r\n\r\n",
    "Host list": b"GET " + PREFIX + b"/ HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "body behind an upgrade": UPGRADE + b"Content-Length: 5\r\n\r\nhello",
    "chunks behind an upgrade": UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size sign": CHUNKED + b"\r\n+1\r\nx\r\n0\r\n\r\n",
    "chunk size 0x": CHUNKED + b"\r\n0x1\r\nx\r\n0\r\n\r\n",
    "chunk LF": CHUNKED + b"\r\n1\nx\r\n0\r\n\r\n",
    "chunk extension LF": CHUNKED + b"\r\n1;a\nb\r\nx\r\n0\r\n\r\n",
    "chunk extension CR": CHUNKED + b"\r\n1;a\rb\r\nx\r\n0\r\n\r\n",
    "chunk too long": CHUNKED + b"\r\n1\r\nxy\r\n0\r\n\r\n",
    "chunk size huge": CHUNKED + b"\r\nffffffffffffffffff\r\nx\r\n",
    "trailer": CHUNKED + b"\r\n0\r\nContent-Length : 5\r\n\r\n",
}


@pytest.fixture
async def pod() -> Pod:
    return await Pod(echo).start()


@pytest.mark.parametrize("name", SMUGGLING)
@pytest.mark.parametrize("bytewise", [False, True])
async def test_ambiguous_requests_are_refused_and_nothing_after_them_is_read(
    name: str, bytewise: bool, pod: Pod
) -> None:
    data = SMUGGLING[name] + SMUGGLED * 2
    async with rig(pod) as r:
        wire = await r.connect()
        if bytewise:
            for at in range(len(SMUGGLING[name])):
                wire.writer.write(data[at : at + 1])
                await asyncio.sleep(0)
        else:
            wire.writer.write(data)
        answer = await wire.response()
        assert answer.status in (400, 501), answer
        assert answer.fields[b"connection"] == b"close"
        assert await wire.rest() == b""
        await r.balanced()
        assert not [one for one in r.log.entries if one.target.endswith("/smuggled")]


async def test_a_head_may_come_in_any_pieces(pod: Pod) -> None:
    whole = post(b"hello", b"/x")
    async with rig(pod) as r:
        wire = await r.connect()
        for at in range(1, len(whole)):
            wire.writer.write(whole[:at])
            await asyncio.sleep(0)
            wire.writer.write(whole[at:])
            assert (await wire.response()).body.endswith(b"hello")


async def test_empty_lines_between_requests_are_skipped(pod: Pod) -> None:
    async with rig(pod) as r:
        wire = await r.connect()
        await wire.send(b"\r\n" + get() + b"\r\n\r\n" + get() + b"\r\n")
        for _ in range(2):
            assert (await wire.response()).status == 200
        await wire.send(get())
        assert (await wire.response()).status == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"x" * 20_000, 414),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (get(b"/", b"X: " + b"y" * 40_000), 431),
        (get(b"/", *[b"X: y"] * 120), 431),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS \r\n\r\n", 400),
    ],
)
async def test_limits_of_a_head(data: bytes, status: int) -> None:
    async with rig() as r:
        wire = await r.connect()
        await wire.send(data)
        assert (await wire.response()).status == status


async def test_a_head_that_does_not_come_is_408() -> None:
    async with rig(limits=Limits(head_time=0.3)) as r:
        wire, silent = await r.connect(), await r.connect()
        await wire.send(b"GET / HT")
        assert (await wire.response()).status == 408
        assert await silent.rest() == b""


async def test_the_beginning_of_a_head_that_came_before_its_turn_has_no_longer(pod: Pod) -> None:
    async with rig(pod, limits=Limits(head_time=0.5)) as r:
        wire = await r.connect()
        await wire.send(get() + b"GET / HTTP/1.1\r\nHost: gatew")
        assert (await wire.response()).status == 200
        assert (await wire.response()).status == 408


async def test_a_drip_does_not_move_the_deadline_of_a_head() -> None:
    async with rig(limits=Limits(head_time=0.5)) as r:
        wire = await r.connect()
        reading = asyncio.create_task(wire.response(), name="reading")
        for at in range(200):
            if reading.done():
                break
            wire.writer.write(b"GET / HTTP/1.1\r\nX: " if at == 0 else b"x")
            await asyncio.sleep(0.02)
        assert (await reading).status == 408


async def test_idle_connections_are_closed(pod: Pod) -> None:
    async with rig(pod, limits=Limits(keep_alive=0.3)) as r:
        wire = await r.connect()
        await wire.send(get())
        await wire.response()
        assert await wire.rest() == b""


async def test_pages_for_browsers_and_json_for_others() -> None:
    async with rig() as r:
        page = await r.ask(b"GET /<b> HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n")
        assert page.fields[b"content-type"].startswith(b"text/html")
        assert b"<b>" not in page.body
        other = await r.ask(b"GET /x HTTP/1.1\r\nHost: h\r\nX-Request-Id: abc\r\n\r\n")
        assert other.fields[b"content-type"] == b"application/json"
        assert b'"request_id": "abc"' in other.body


async def test_bytes_ahead_of_their_turn_are_bounded() -> None:
    async def never(wire: object) -> None:
        await asyncio.Event().wait()

    async with rig(await Pod(never).start(), limits=Limits(window=1000)) as r:
        wire = await r.connect()
        await wire.send(get())
        ahead = b"GET / HTTP/1.1\r\n" * 1_000_000
        wire.writer.write(ahead)
        assert 1000 < await still(lambda: len(held(r))) < 2_000_000
        wire.reset()


def held(r: Rig) -> bytes:
    return b"".join(one.held for one in r.gateway.connections.open)


@pytest.mark.parametrize(
    ("address", "plain"),
    [("1.2.3.4", "1.2.3.4"), ("::ffff:1.2.3.4", "1.2.3.4"), ("fe80::1%eth0", "fe80::1")],
)
def test_addresses(address: str, plain: str) -> None:
    assert plain_address(address) == plain


async def test_empty_lines_do_not_keep_a_connection(pod: Pod) -> None:
    async with rig(pod, limits=Limits(head_time=0.2, keep_alive=0.4)) as r:
        wire = await r.connect()
        closed = asyncio.create_task(wire.ended(), name="closed")
        async with asyncio.timeout(TIMEOUT):
            while not closed.done():
                wire.writer.write(b"\r\n")
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("length", [b"Content-Length: 3\r\n\r\nabc", b"\r\n"])
async def test_pipelined_requests_are_answered_in_order(length: bytes, pod: Pod) -> None:
    """RFC 9112, section 9.3.2. Bodies and empty lines stand between them."""
    async with rig(pod) as r:
        wire = await r.connect()
        one = b"POST " + PREFIX + b"/%d HTTP/1.1\r\nHost: h\r\n" + length + b"\r\n"
        chunked = (
            get(b"/c", b"Transfer-Encoding: chunked", method=b"POST") + b"2\r\nhi\r\n0\r\n\r\n"
        )
        requests = [piece for n in range(300) for piece in (one % n, chunked, b"\r\n")]
        await wire.send(b"".join(requests))
        for number in range(300):
            assert (await wire.response()).body.startswith(b"POST /%d HTTP" % number)
            assert (await wire.response()).body.startswith(b"POST /c HTTP")
        await r.balanced()
        assert [one.held for one in r.gateway.connections.open] == [b"\r\n"]


async def test_a_flood_of_pipelined_requests_is_held_in_bounds_and_leaves_others_their_turn() -> (
    None
):
    """An unauthenticated client that sends megabytes of small requests: nginx and HAProxy read no
    more than a buffer ahead, and serve other connections between any two of them."""
    async with rig(await Pod(echo).start()) as r:
        flood, honest = await r.connect(), await r.connect()
        reading = asyncio.create_task(flood.ended(), name="reading")
        flood.writer.write(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n" * 100_000)
        most = 0
        for _ in range(20):
            before = len(r.log.entries)
            await honest.send(get())
            assert (await honest.response()).status == 200
            assert len(r.log.entries) - before < 150
            most = max(most, *(len(one.held) for one in r.gateway.connections.open))
        assert 0 < most < 700_000  # a window, and what one read brings
        assert len(r.gateway.connections.turns) <= 1
        reading.cancel()
        flood.reset()
