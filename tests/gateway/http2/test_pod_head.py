"""Heads for and of pods that speak HTTP/2, as tables."""

from __future__ import annotations

import pytest
from hpack import Decoder, Encoder

from gateway.http2.frames import ConnectionFaultError
from gateway.http2.pod_head import Head, Heads, request_block
from gateway.memory import Budget, Memory
from gateway.protocol.framing import CHUNKED
from gateway.protocol.http1 import ProtocolError


def heads() -> Heads:
    return Heads(Memory(16, Budget(1 << 16)), 4096)


def fields(head: bytes, *, grpc: bool = False) -> list[tuple[bytes, bytes]]:
    block, _ = request_block(head, grpc=grpc)
    return [(bytes(name), bytes(value)) for name, value in Decoder().decode(block, raw=True)]


def test_a_request_has_its_pseudo_fields_first_and_lower_case_names() -> None:
    head = b"POST /a?b HTTP/1.1\r\nHost: h:1\r\nAccept: */*\r\nX-Two:  x y \r\nCookie: a=b\r\n\r\n"
    assert fields(head) == [
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", b"/a?b"),
        (b":authority", b"h:1"),
        (b"accept", b"*/*"),
        (b"x-two", b"x y"),
        (b"cookie", b"a=b"),
    ]


def test_what_is_of_a_connection_does_not_go_along() -> None:
    head = (
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nKeep-Alive: 1\r\nUpgrade: x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    assert [name for name, _ in fields(head) if name[:1] != b":"] == []


def test_grpc_is_told_that_trailers_are_welcome() -> None:
    assert fields(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", grpc=True)[-1] == (b"te", b"trailers")


@pytest.mark.parametrize(
    ("line", "length"),
    [
        (b"Accept: x", 0),
        (b"Content-Length: 12", 12),
        (b"content-length:12", 12),
        (b"Transfer-Encoding: chunked", CHUNKED),
        (b"X-Note: Content-Length: 3", 0),
    ],
)
def test_the_length_of_a_body(line: bytes, length: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: h\r\n" + line + b"\r\n\r\n"
    assert request_block(head, grpc=False)[1] == length


def read(
    *given: tuple[str, str], ended: bool = False, head_only: bool = False, by: Heads | None = None
) -> Head:
    return (by or heads()).read(Encoder().encode(given), ended=ended, head_only=head_only)


S = (":status", "200")
LENGTH = ("content-length", "5")
GRPC = ("content-type", "application/grpc+proto")


@pytest.mark.parametrize(
    ("given", "ended", "head_only", "text", "length"),
    [
        ((S,), False, False, b"Transfer-Encoding: chunked\r\nConnection: close\r\n", CHUNKED),
        ((S,), True, False, b"Content-Length: 0\r\nConnection: close\r\n", 0),
        ((S, LENGTH), False, False, b"Connection: close\r\ncontent-length: 5\r\n", 5),
        ((S, LENGTH), True, True, b"Connection: close\r\ncontent-length: 5\r\n", 0),
        ((S, LENGTH), False, True, b"Connection: close\r\ncontent-length: 5\r\n", 0),
        (
            (S, LENGTH, GRPC),
            False,
            False,
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n"
            b"content-type: application/grpc+proto\r\n",
            CHUNKED,
        ),
        (
            (S, GRPC, ("grpc-status", "5")),
            True,
            False,
            b"Content-Length: 0\r\nConnection: close\r\n"
            b"content-type: application/grpc+proto\r\ngrpc-status: 5\r\n",
            0,
        ),
    ],
)
def test_an_answer_is_framed_for_http1(
    given: tuple[tuple[str, str], ...], ended: bool, head_only: bool, text: bytes, length: int
) -> None:
    head = read(*given, ended=ended, head_only=head_only)
    assert head == Head(b"HTTP/1.1 200 \r\n" + text + b"\r\n", 200, length)


@pytest.mark.parametrize("status", ["204", "304"])
def test_an_answer_that_has_no_body_is_not_framed(status: str) -> None:
    head = read((":status", status), ended=True)
    assert head.text == b"HTTP/1.1 %b \r\nConnection: close\r\n\r\n" % status.encode()


def test_interim_heads_are_not_framed() -> None:
    head = read((":status", "103"), ("link", "</a>"))
    assert head == Head(b"HTTP/1.1 103 \r\nlink: </a>\r\n\r\n", 103, 0)


def test_trailers_are_lines() -> None:
    assert read(("grpc-status", "0"), ("x", "y"), ended=True) == Head(
        b"grpc-status: 0\r\nx: y\r\n", 0, 0
    )


@pytest.mark.parametrize(
    "given",
    [
        ((":status", "20"),),
        ((":status", "101"),),
        ((":status", "2000"),),
        (S, (":status", "200")),
        (S, (":path", "/")),
        ((":path", "/"),),
        (("x", "y"), S),
        (S, ("X", "y")),
        (S, ("x y", "z")),
        (S, ("", "z")),
        (S, ("x", "a\r\nb: c")),
        (S, ("x", "a\nb")),
        (S, ("x", "a\x00")),
        (S, ("connection", "close")),
        (S, ("transfer-encoding", "chunked")),
        (S, ("upgrade", "x")),
        (S, ("content-length", "5, 5")),
        (S, ("content-length", "-1")),
    ],
)
def test_what_is_no_head_is_an_error(given: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ProtocolError):
        read(*given)


def test_a_block_that_cannot_be_decoded_ends_the_connection() -> None:
    with pytest.raises(ConnectionFaultError):
        heads().read(b"\xff\xff\xff\xff\xff\xff", ended=True, head_only=False)


def test_heads_are_remembered_only_while_no_table_is_used() -> None:
    memory: Memory[tuple[bytes, bool, bool], Head] = Memory(16, Budget(1 << 16))
    one = Heads(memory, 4096)
    growing = Encoder()
    for _ in range(3):
        one.read(growing.encode([S, ("x", "y")]), ended=True, head_only=False)
    assert not memory
    fixed = Encoder()
    fixed.header_table_size = 0
    for _ in range(3):
        one.read(fixed.encode([S, ("x", "y")]), ended=True, head_only=False)
    assert memory
