"""What RFC 9113 and RFC 7541 ask of a server, a case each, over sockets: the cases of h2spec, in
our own words."""

from __future__ import annotations

from struct import pack

import pytest

from tests.gateway.harness import Pod, echo
from tests.gateway.http2.peer import ACKNOWLEDGED, PREFACE, SETTINGS, block, fields, frame, headers
from tests.gateway.http2.served import served

NO_ERROR, PROTOCOL, INTERNAL, FLOW_CONTROL, _, CLOSED, SIZE, REFUSED, CANCEL, COMPRESSION = range(
    10
)

POST = fields("POST")
GET = block(fields())


def without(name: str) -> bytes:
    return block([field for field in fields() if field[0] != name])


def said(*more: tuple[str, str], method: str = "GET") -> bytes:
    return block(fields(method, "/", *more))


def setting(name: int, value: int) -> bytes:
    return frame(4, 0, 0, pack(">HI", name, value))


FATAL: dict[str, tuple[int, bytes]] = {
    # 4.1 – 4.3: frames and blocks
    "DATA that is too large": (SIZE, headers(1, POST, 4) + frame(0, 1, 1, bytes(16_385))),
    "HEADERS that are too large": (SIZE, frame(1, 5, 1, GET + bytes(16_385))),
    "a frame of an unknown kind that is too large": (SIZE, frame(99, 0, 0, bytes(16_385))),
    "a block that is none": (COMPRESSION, headers(1, b"\x00\x05abc")),
    "PRIORITY within a block": (PROTOCOL, headers(1, GET, 1) + frame(2, 0, 1, bytes(4) + b"\x10")),
    "an unknown frame within a block": (PROTOCOL, headers(1, GET, 1) + frame(99, 0, 1)),
    "HEADERS within a block": (PROTOCOL, headers(1, GET, 1) + headers(3, GET)),
    "CONTINUATION of another block": (PROTOCOL, headers(1, GET, 1) + frame(9, 4, 3, b"")),
    # 5.1: states of streams
    "DATA on an idle stream": (PROTOCOL, frame(0, 1, 1, b"x")),
    "RST_STREAM on an idle stream": (PROTOCOL, frame(3, 0, 1, pack(">I", CANCEL))),
    "WINDOW_UPDATE on an idle stream": (PROTOCOL, frame(8, 0, 1, pack(">I", 100))),
    "CONTINUATION of nothing": (PROTOCOL, frame(9, 4, 1, GET)),
    "CONTINUATION after a block": (PROTOCOL, headers(1, POST, 4) + frame(9, 4, 1, GET)),
    "an even stream": (PROTOCOL, headers(2, GET)),
    "a stream that was left out": (PROTOCOL, headers(5, POST, 4) + headers(3, GET)),
    "HEADERS after a reset": (
        CLOSED,
        headers(1, POST, 4) + frame(3, 0, 1, pack(">I", CANCEL)) + headers(1, GET),
    ),
    # 6: frames, each by itself
    "DATA of no stream": (PROTOCOL, frame(0, 1, 0, b"x")),
    "DATA with too much padding": (PROTOCOL, headers(1, POST, 4) + frame(0, 9, 1, b"\x05abc")),
    "HEADERS of no stream": (PROTOCOL, headers(0, GET)),
    "HEADERS with too much padding": (PROTOCOL, frame(1, 0xD, 1, b"\xff" + GET)),
    "HEADERS shorter than their priority": (SIZE, frame(1, 0x25, 1, b"abc")),
    "PRIORITY of no stream": (PROTOCOL, frame(2, 0, 0, bytes(5))),
    "RST_STREAM of no stream": (PROTOCOL, frame(3, 0, 0, bytes(4))),
    "RST_STREAM of 3 bytes": (SIZE, headers(1, POST, 4) + frame(3, 0, 1, bytes(3))),
    "an acknowledgement that says something": (SIZE, frame(4, 1, 0, bytes(6))),
    "SETTINGS of a stream": (PROTOCOL, frame(4, 0, 1, bytes(6))),
    "SETTINGS of 5 bytes": (SIZE, frame(4, 0, 0, bytes(5))),
    "ENABLE_PUSH that is 2": (PROTOCOL, setting(2, 2)),
    "a window beyond bounds": (FLOW_CONTROL, setting(4, 1 << 31)),
    "frames that may be too small": (PROTOCOL, setting(5, 16_383)),
    "frames that may be too large": (PROTOCOL, setting(5, 1 << 24)),
    "PUSH_PROMISE": (PROTOCOL, headers(1, POST, 4) + frame(5, 4, 1, bytes(4))),
    "PING of a stream": (PROTOCOL, frame(6, 0, 1, bytes(8))),
    "PING of 7 bytes": (SIZE, frame(6, 0, 0, bytes(7))),
    "GOAWAY of a stream": (PROTOCOL, frame(7, 0, 1, bytes(8))),
    "GOAWAY of 7 bytes": (SIZE, frame(7, 0, 0, bytes(7))),
    "WINDOW_UPDATE by nothing": (PROTOCOL, frame(8, 0, 0, bytes(4))),
    "WINDOW_UPDATE of 3 bytes": (SIZE, frame(8, 0, 0, bytes(3))),
    "a connection's window that is too large": (
        FLOW_CONTROL,
        2 * frame(8, 0, 0, pack(">I", (1 << 31) - 1)),
    ),
    "a window that the settings make too large": (
        FLOW_CONTROL,
        headers(1, POST, 4) + frame(8, 0, 1, pack(">I", (1 << 31) - 65_536)) + setting(4, 65_536),
    ),
    # RFC 7541: 2.3.3, 4.2, 5.2, 6.1, 6.3
    "an index beyond both tables": (COMPRESSION, headers(1, GET + b"\xff\x00")),
    "the index 0": (COMPRESSION, headers(1, GET + b"\x80")),
    "a new size of the table behind a field": (COMPRESSION, headers(1, GET + b"\x20")),
    "a table larger than allowed": (COMPRESSION, headers(1, b"\x3f\xe2\x1f" + GET)),
    "a Huffman code with padding of 8 bits": (
        COMPRESSION,
        headers(1, GET + b"\x00\x01x\x84\xf8\xff\xff\xff"),
    ),
    "a Huffman code padded by zeros": (COMPRESSION, headers(1, GET + b"\x00\x01x\x81\x00")),
    "a Huffman code with the end of the string": (
        COMPRESSION,
        headers(1, GET + b"\x00\x01x\x84\xff\xff\xff\xff"),
    ),
    "a number without end": (COMPRESSION, headers(1, GET + b"\x00\x7f" + b"\xff" * 30)),
}

ONE_STREAM: dict[str, tuple[int, bytes]] = {
    # 5.1, 5.3: states, and what was priority
    "DATA after the end": (CLOSED, headers(1, POST, 4) + frame(0, 1, 1) + frame(0, 1, 1, b"x")),
    "HEADERS after the end": (CLOSED, headers(1, POST, 4) + frame(0, 1, 1) + headers(1, GET)),
    "DATA after a reset": (
        CLOSED,
        headers(1, POST, 4) + frame(3, 0, 1, pack(">I", CANCEL)) + frame(0, 1, 1, b"x"),
    ),
    "a stream that depends on itself": (PROTOCOL, frame(1, 0x25, 1, pack(">IB", 1, 9) + GET)),
    "PRIORITY on oneself": (PROTOCOL, headers(1, POST, 4) + frame(2, 0, 1, pack(">IB", 1, 9))),
    "PRIORITY of 4 bytes": (SIZE, headers(1, POST, 4) + frame(2, 0, 1, bytes(4))),
    "a stream's window that grows by nothing": (
        PROTOCOL,
        headers(1, POST, 4) + frame(8, 0, 1, bytes(4)),
    ),
    "a stream's window that is too large": (
        FLOW_CONTROL,
        headers(1, POST, 4) + 2 * frame(8, 0, 1, pack(">I", (1 << 31) - 1)),
    ),
    # 8.1 – 8.3: requests
    "trailers that do not end the stream": (PROTOCOL, headers(1, POST, 4) + headers(1, b"", 4)),
    "a pseudo-field in trailers": (
        PROTOCOL,
        headers(1, POST, 4) + headers(1, block([(":path", "/")])),
    ),
    "a name of capitals": (PROTOCOL, headers(1, said(("X-Test", "1")))),
    "a name with a space": (PROTOCOL, headers(1, said(("x test", "1")))),
    "a name with a colon": (PROTOCOL, headers(1, said(("x:y", "1")))),
    "an empty name": (PROTOCOL, headers(1, said(("", "1")))),
    "a line's end in a value": (PROTOCOL, headers(1, said(("x-test", "1\r\nx-evil: 1")))),
    "a bare LF in a value": (PROTOCOL, headers(1, said(("x-test", "1\n2")))),
    "a bare CR in a value": (PROTOCOL, headers(1, said(("x-test", "1\r2")))),
    "NUL in a value": (PROTOCOL, headers(1, said(("x-test", "1\x002")))),
    "a value that begins with a space": (PROTOCOL, headers(1, said(("x-test", " 1")))),
    "a value that ends with a tab": (PROTOCOL, headers(1, said(("x-test", "1\t")))),
    "a line's end in the path": (PROTOCOL, headers(1, fields("GET", "/ HTTP/1.1\r\nx: y"))),
    "a line's end in the method": (PROTOCOL, headers(1, fields("GET / HTTP/1.1\r\nx: y"))),
    "a method of two words": (PROTOCOL, headers(1, fields("GET /"))),
    "an unknown pseudo-field": (PROTOCOL, headers(1, said((":test", "1")))),
    "a pseudo-field of answers": (PROTOCOL, headers(1, block([(":status", "200"), *fields()]))),
    "a pseudo-field after a field": (PROTOCOL, headers(1, block([("x-test", "1"), *fields()]))),
    "connection": (PROTOCOL, headers(1, said(("connection", "keep-alive")))),
    "keep-alive": (PROTOCOL, headers(1, said(("keep-alive", "1")))),
    "proxy-connection": (PROTOCOL, headers(1, said(("proxy-connection", "close")))),
    "transfer-encoding": (PROTOCOL, headers(1, said(("transfer-encoding", "chunked")))),
    "upgrade": (PROTOCOL, headers(1, said(("upgrade", "websocket")))),
    "te that asks for codings": (PROTOCOL, headers(1, said(("te", "trailers, deflate")))),
    "an empty path": (PROTOCOL, headers(1, block([*fields()[:3], (":path", "")]))),
    "an absolute path": (
        PROTOCOL,
        headers(1, block([*fields()[:3], (":path", "http://other.test/")])),
    ),
    "no method": (PROTOCOL, headers(1, without(":method"))),
    "no scheme": (PROTOCOL, headers(1, without(":scheme"))),
    "another scheme": (PROTOCOL, headers(1, block([(":scheme", "ftp"), *fields()[2:]]))),
    "no path": (PROTOCOL, headers(1, without(":path"))),
    "two methods": (PROTOCOL, headers(1, block([(":method", "GET"), *fields()]))),
    "two schemes": (PROTOCOL, headers(1, block([(":scheme", "http"), *fields()]))),
    "two paths": (PROTOCOL, headers(1, block([(":path", "/"), *fields()]))),
    "two authorities": (PROTOCOL, headers(1, block([(":authority", "a"), *fields()]))),
    "another host than the authority": (PROTOCOL, headers(1, said(("host", "other.test")))),
    "two lengths": (
        PROTOCOL,
        headers(1, said(("content-length", "1"), ("content-length", "2"), method="POST"), 4),
    ),
    "a length that is no number": (
        PROTOCOL,
        headers(1, said(("content-length", "+1"), method="POST"), 4),
    ),
    "a length without content": (PROTOCOL, headers(1, said(("content-length", "1")))),
    "less content than announced": (
        PROTOCOL,
        headers(1, said(("content-length", "2"), method="POST"), 4) + frame(0, 1, 1, b"x"),
    ),
    "more content than announced": (
        PROTOCOL,
        headers(1, said(("content-length", "1"), method="POST"), 4) + frame(0, 0, 1, b"xy"),
    ),
    "more content than announced, in pieces": (
        PROTOCOL,
        headers(1, said(("content-length", "3"), method="POST"), 4)
        + frame(0, 0, 1, b"xy")
        + frame(0, 0, 1, b"xy"),
    ),
    "trailers before all content": (
        PROTOCOL,
        headers(1, said(("content-length", "2"), method="POST"), 4) + headers(1, b"", 5),
    ),
    "CONNECT with a path": (PROTOCOL, headers(1, fields("CONNECT"))),
    "CONNECT to another protocol": (
        PROTOCOL,
        headers(1, block([(":method", "CONNECT"), (":protocol", "ip"), *fields()[1:]]), 4),
    ),
}

FINE: dict[str, bytes] = {
    "an unknown frame": frame(99, 0xFF, 0, b"whatever") + headers(1, GET),
    "flags that mean nothing": headers(1, GET, 5 | 0x52),
    "the reserved bit": frame(1, 5, 1 << 31 | 1, GET),
    "a block in three frames": headers(1, GET[:5], 1)
    + frame(9, 0, 1, GET[5:9])
    + frame(9, 4, 1, GET[9:]),
    "an empty CONTINUATION": headers(1, GET, 1) + frame(9, 4, 1),
    "padding": frame(1, 0xD, 1, b"\x03" + GET + bytes(3)),
    "priority": frame(1, 0x25, 1, pack(">IB", 0, 9) + GET),
    "PRIORITY of an idle stream": frame(2, 0, 7, pack(">IB", 0, 9)) + headers(1, GET),
    "an unknown setting": setting(0xFF, 1) + headers(1, GET),
    "the same setting twice": frame(4, 0, 0, pack(">HIHI", 4, 5, 4, 50_000)) + headers(1, GET),
    "a large table": setting(1, 1 << 30) + headers(1, GET),
    "a new size of the table": headers(1, b"\x20" + GET),
    "two sizes of the table": headers(1, b"\x20\x3f\xe1\x1f" + GET),
    "PRIORITY of a stream that has ended": headers(3, POST, 4)
    + frame(3, 0, 3, pack(">I", CANCEL))
    + frame(2, 0, 3, pack(">IB", 0, 9))
    + headers(5, GET),
    "WINDOW_UPDATE of a stream that has ended": headers(3, POST, 4)
    + frame(3, 0, 3, pack(">I", CANCEL))
    + frame(8, 0, 3, pack(">I", 9))
    + headers(5, GET),
    "RST_STREAM of an unknown code": headers(3, POST, 4)
    + frame(3, 0, 3, pack(">I", 999))
    + headers(5, GET),
    "te that asks for trailers": headers(1, said(("te", "trailers"))),
    "host and no authority": headers(1, without(":authority") + block([("host", "gateway.test")])),
    "host as the authority": headers(1, said(("host", "gateway.test"))),
    "the same length twice": headers(1, said(("content-length", "0"), ("content-length", "0"))),
    "a body": headers(1, POST, 4) + frame(0, 0, 1, b"hel") + frame(0, 1, 1, b"lo"),
    "a body that is padded": headers(1, POST, 4) + frame(0, 9, 1, b"\x03hello\0\0\0"),
    "an end by an empty frame": headers(1, POST, 4) + frame(0, 0, 1, b"hi") + frame(0, 1, 1),
    "trailers": headers(1, POST, 4) + frame(0, 0, 1, b"hi") + headers(1, block([("x-sum", "1")])),
    "no content as announced": headers(1, said(("content-length", "0"), method="POST")),
    "a name and a value by Huffman": headers(1, GET + b"\x00\x81\xf3\x83\x08\x42\x1f"),
}  # fmt: skip


@pytest.mark.parametrize("name", FATAL)
async def test_what_ends_the_connection(name: str) -> None:
    code, data = FATAL[name]
    async with served(await Pod(echo).start()) as (r, peer):
        await peer.send(data)
        assert await peer.fate() == code
        await r.balanced()
        await r.until(lambda: not r.stats.connections)


@pytest.mark.parametrize("name", ONE_STREAM)
async def test_what_ends_a_stream_and_leaves_others_alone(name: str) -> None:
    code, data = ONE_STREAM[name]
    async with served(await Pod(echo).start()) as (r, peer):
        await peer.send(data)
        assert (await peer.answer(1)).reset == code
        await peer.send(headers(9, fields()))
        assert (await peer.answer(9)).status == 200
        await r.balanced()


@pytest.mark.parametrize("name", FINE)
async def test_what_is_served(name: str) -> None:
    async with served(await Pod(echo).start()) as (_, peer):
        await peer.send(FINE[name])
        number = 5 if "has ended" in name or "unknown code" in name else 1
        answer = await peer.answer(number)
        assert answer.status == 200
        assert answer.ended
        assert answer.body.startswith((b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\n"))


@pytest.mark.parametrize("name", ["FATAL", "ONE_STREAM", "FINE"])
async def test_frames_are_found_in_whatever_pieces_they_come(name: str) -> None:
    case, number = {
        "FATAL": (FATAL["DATA of no stream"][1], 0),
        "ONE_STREAM": (ONE_STREAM["an empty name"][1], 1),
        "FINE": (FINE["a body that is padded"], 1),
    }[name]
    async with served(await Pod(echo).start(), greet=False) as (_, peer):
        data = PREFACE + SETTINGS + ACKNOWLEDGED + case
        await peer.send(*(data[at : at + 1] for at in range(len(data))))
        if number:
            answer = await peer.answer(number)
            assert answer.ended if name == "FINE" else answer.reset == PROTOCOL
        else:
            assert await peer.fate() == PROTOCOL


@pytest.mark.parametrize(
    "data",
    [
        PREFACE + headers(1, GET),
        PREFACE + ACKNOWLEDGED,
        PREFACE + frame(6, 0, 0, bytes(8)),
        PREFACE[:18] + b"XX\r\n\r\n" + SETTINGS,
    ],
)
async def test_a_connection_begins_as_it_must(data: bytes) -> None:
    async with served(greet=False) as (r, peer):
        await peer.send(data)
        assert await peer.fate() == PROTOCOL
        await r.until(lambda: not r.stats.connections)


async def test_what_the_gateway_says_first() -> None:
    async with served() as (r, peer):
        assert peer.settings == {3: 128, 4: 256 * 1024, 6: r.gateway.context.limits.head, 8: 1}


async def test_a_ping_is_answered_and_an_answer_is_not() -> None:
    async with served() as (_, peer):
        await peer.send(frame(6, 1, 0, b"answered") + frame(6, 0, 0, b"question"))
        while not peer.pongs:
            await peer.next()
        assert peer.pongs == [b"question"]


async def test_a_client_that_goes_is_served_to_the_end() -> None:
    async with served(await Pod(echo).start()) as (r, peer):
        await peer.send(headers(1, POST, 4) + frame(7, 0, 0, bytes(8)) + frame(0, 1, 1, b"hello"))
        assert (await peer.answer(1)).body.endswith(b"hello")
        assert await peer.fate() == NO_ERROR
        await r.until(lambda: not r.stats.connections)
