"""Bodies, fed whole, byte by byte, and with bytes that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.protocol.chunked import ChunkedBody, LenientChunkedBody
from gateway.protocol.framing import (
    CHUNKED,
    CLOSE,
    CloseBody,
    LengthBody,
    check_coding,
    parse_length,
    response_body,
    response_length,
)
from gateway.protocol.http1 import ProtocolError

if TYPE_CHECKING:
    from gateway.protocol.framing import Body

GOOD = {
    b"0\r\n\r\n": (b"0\r\n\r\n", b""),
    b"5\r\nhello\r\n0\r\n\r\n": (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    b"A\r\n0123456789\r\n000\r\n\r\n": (b"A\r\n0123456789\r\n000\r\n\r\n", b"0123456789"),
    b"3;a=b\r\nabc\r\n0;c\r\n\r\n": (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    b'3;a="b;\\"";c\r\nabc\r\n0\r\n\r\n': (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    b"2\r\n\r\n\r\n0\r\n\r\n": (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
    b"1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n": (b"1\r\nx\r\n0\r\n\r\n", b"x"),
}


def feed(body: Body, pieces: list[bytes]) -> bytes:
    return b"".join(body.feed(piece) for piece in pieces)


def each_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize(("sent", "expected"), GOOD.items())
@pytest.mark.parametrize("bare", [False, True])
def test_chunks(sent: bytes, expected: tuple[bytes, bytes], bare: bool) -> None:
    ways = [[sent], each_byte(sent), [sent + b"GET / next"]]
    ways += [[sent[:at], sent[at:]] for at in range(1, len(sent))]
    for pieces in ways:
        body = ChunkedBody(bare=bare)
        assert feed(body, pieces) == expected[bare]
        assert body.done
        assert body.size == len(expected[1])
        assert body.excess == (b"GET / next" if pieces == ways[2] else b"")


TRAILERS = (
    b"x-up: 1\r\nAuthorization: no\r\nX_Forwarded_For: no\r\nset-cookie: no\r\nconnection: x-up\r\n"
    b"trailer: x\r\nX-Raw-Bin: AP8=\r\n"
)
KEPT = b"x-up: 1\r\nX-Raw-Bin: AP8=\r\n"


def test_trailers_are_kept_for_who_takes_them_but_none_that_a_proxy_minds() -> None:
    sent = b"1\r\na\r\n0\r\n" + TRAILERS + b"\r\n"
    ways = [[sent], each_byte(sent), *([sent[:at], sent[at:]] for at in range(1, len(sent)))]
    for pieces in ways:
        body = ChunkedBody(trailers=True)
        assert feed(body, pieces) == b"1\r\na\r\n0\r\n" + KEPT + b"\r\n"
        assert body.fields == KEPT.split(b"\r\n")[:-1]
        assert body.done
        bare = ChunkedBody(bare=True, trailers=True)
        assert feed(bare, pieces) == b"a"
        assert bare.fields == KEPT.split(b"\r\n")[:-1]


def test_a_pods_trailer_that_two_readers_could_take_differently_is_dropped() -> None:
    body = LenientChunkedBody(trailers=True)
    assert body.feed(b"0\r\nA : b\r\nC: d\r\n\r\n") == b"0\r\nC: d\r\n\r\n"


BAD = [
    b"\r\n",
    b"x\r\n",
    b"-1\r\n",
    b"+1\r\n",
    b"0x1\r\n",
    b"1_0\r\n",
    b" 1\r\n",
    b"1\n",
    b"1\r\rx",
    b"1 \r\n",
    b"1 ;a\r\n",
    b"1;\r\n",
    b"1;a b\r\n",
    b'1;a="b\r\n',
    b"1;a=\x90\r\n",
    b"1;a\nb\r\n",
    b"1;\x00\r\n",
    b"1;a\rb\r\n",
    b"fffffffffffffffff\r\n",
    b"\xb2\r\n",
    b"1\r\nxy",
    b"1\r\nx\n",
    b"1\r\nx\rz",
    b"0\r\nbad trailer\r\n",
    b"0\r\n folded: x\r\n",
    b"0\r\nContent-Length: 1\r\n",
    b"0\r\ntransfer-encoding: x\r\n",
    b"0\r\nA : b\r\n",
    b"0\r\nA: b\nC: d\r\n",
    b"1;" + b"a" * 400 + b"\r\n",
    b"0\r\n" + b"A: b\r\n" * 3000,
]


@pytest.mark.parametrize("sent", BAD)
def test_bad_chunks(sent: bytes) -> None:
    for pieces in ([sent + b"\r\n\r\n"], each_byte(sent + b"\r\n\r\n")):
        with pytest.raises(ProtocolError):
            feed(ChunkedBody(), pieces)


def test_extensions_are_bounded_in_all() -> None:
    data = (b"1;" + b"a" * 250 + b"\r\nx\r\n") * 100
    with pytest.raises(ProtocolError, match="extensions"):
        ChunkedBody().feed(data)


def test_clean_chunks_are_not_copied() -> None:
    data = b"5\r\nhello\r\n5\r\nworld\r\n"
    body = ChunkedBody()
    assert body.feed(data) is data
    assert body.feed(b"ffff\r\n") == b"ffff\r\n"
    inside = b"x" * 1000
    assert body.feed(inside) is inside


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(ProtocolError):
        feed(ChunkedBody(), [b"1;", *([b"a"] * 400)])


def test_lengths() -> None:
    for pieces in ([b"hello"], each_byte(b"hello"), [b"hel", b"lo"]):
        body = LengthBody(5)
        assert feed(body, pieces) == b"hello"
        assert body.done
        assert body.excess == b""
    body = LengthBody(5)
    assert body.feed(b"hello, you") == b"hello"
    assert body.excess == b", you"
    data = b"x" * 10
    assert LengthBody(20).feed(data) is data
    assert LengthBody(0).done


def test_bodies_that_end_with_their_connection() -> None:
    body = CloseBody(chunked=True)
    assert (body.feed(b"abc"), body.done) == (b"3\r\nabc\r\n", False)
    assert (body.ended(), body.done) == (b"0\r\n\r\n", True)
    body = CloseBody(chunked=False)
    assert (body.feed(b"abc"), body.ended()) == (b"abc", b"")


@pytest.mark.parametrize(("value", "length"), [(b"0", 0), (b"10", 10), (b"007", 7)])
def test_good_lengths(value: bytes, length: int) -> None:
    assert parse_length(value) == length


@pytest.mark.parametrize(
    "value", [b"", b"+1", b"-1", b"1, 1", b"1,2", b"1_0", b"0x1", b" 1", b"\xb2", b"9" * 19, b"1 1"]
)
def test_bad_lengths(value: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_length(value)


@pytest.mark.parametrize(
    ("coding", "minor", "reason"),
    [
        (b"chunked, chunked", 1, "bad_request"),
        (b"chunked, gzip", 1, "bad_request"),
        (b"identity", 1, "bad_request"),
        (b"xchunked", 1, "bad_request"),
        (b"chunked;q=1", 1, "bad_request"),
        (b"", 1, "bad_request"),
        (b"\x0bchunked", 1, "bad_request"),
        (b"chunked", 0, "bad_request"),
        (b"gzip, chunked", 1, "not_implemented"),
    ],
)
def test_bad_codings(coding: bytes, minor: int, reason: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        check_coding(coding, minor)
    assert caught.value.reason == reason


def test_the_good_coding() -> None:
    check_coding(b"chunked", 1)
    check_coding(b"Chunked", 1)


def test_response_lengths() -> None:
    assert response_length({}, 1) == CLOSE
    assert response_length({b"content-length": b"3"}, 1) == 3
    assert response_length({b"transfer-encoding": b"chunked"}, 1) == CHUNKED
    for bad in (
        {b"content-length": b"3", b"transfer-encoding": b"chunked"},
        {b"content-length": b"3, 3"},
        {b"transfer-encoding": b"gzip"},
    ):
        with pytest.raises(ProtocolError):
            response_length(bad, 1)


def test_bodies_by_length() -> None:
    assert isinstance(response_body(0, modern=True), LengthBody)
    assert isinstance(response_body(CHUNKED, modern=True), LenientChunkedBody)
    assert isinstance(response_body(CLOSE, modern=True), CloseBody)


LENIENT = {
    b"3 \r\nabc\r\n0\t\r\n\r\n": (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    b"3 ; a = b\r\nabc\r\n0 ;c\r\n\r\n": (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    b'3\t;a= "x y" ;c \r\nabc\r\n0\r\n\r\n': (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    b"0" * 30 + b"3\r\nabc\r\n" + b"0" * 30 + b"\r\n\r\n": (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    b"0\r\nA : b\r\n\r\n": (b"0\r\n\r\n", b""),
}


@pytest.mark.parametrize(("sent", "expected"), LENIENT.items())
@pytest.mark.parametrize("bare", [False, True])
def test_what_pods_may_write(sent: bytes, expected: tuple[bytes, bytes], bare: bool) -> None:
    ways = [[sent], each_byte(sent), [sent + b"next"]]
    ways += [[sent[:at], sent[at:]] for at in range(1, len(sent))]
    for pieces in ways:
        body = LenientChunkedBody(bare=bare)
        assert feed(body, pieces) == expected[bare]
        assert (body.done, body.size) == (True, len(expected[1]))
        assert body.odd == (b" :" not in sent)
        with pytest.raises(ProtocolError):
            feed(ChunkedBody(), pieces)


@pytest.mark.parametrize(
    "sent", [one for one in BAD if one not in (b"1 \r\n", b"1 ;a\r\n", b"0\r\nA : b\r\n")]
)
def test_pods_may_not_write(sent: bytes) -> None:
    for pieces in ([sent + b"\r\n\r\n"], each_byte(sent + b"\r\n\r\n")):
        with pytest.raises(ProtocolError):
            feed(LenientChunkedBody(), pieces)


def test_small_chunks_are_counted_as_each_is() -> None:
    sizes = [1, 2, 15, 1, 16, 3, 300, 9, 9]
    data = b"".join(b"%0*x\r\n%b\r\n" % (size % 4, size, b"\n" * size) for size in sizes)
    data += b"A\r\n0123456789\r\n"
    for at in range(len(data)):
        body = ChunkedBody()
        assert body.feed(data[:at]) + body.feed(data[at:]) == data
        assert (body.size, body.done) == (sum(sizes) + 10, False)
        assert body.feed(b"0\r\n\r\n") == b"0\r\n\r\n"
        assert body.done


def test_a_small_chunk_that_is_longer_than_its_size_is_refused() -> None:
    with pytest.raises(ProtocolError, match="longer"):
        ChunkedBody().feed(b"1\r\nx\r\n" * 50 + b"1\r\nxy\r\n")
