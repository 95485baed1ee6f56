"""What pods speak that is not HTTP/1; over sockets in `test_foreign_pods`."""

from __future__ import annotations

import pytest

from gateway.protocol.foreign import check_beginning, is_foreign, meaning
from gateway.protocol.http1 import ProtocolError

GOOD = b"HTTP/1.1 200 Very\tgood\r\nA: b\r\nC : d\r\nE:\r\nF: \xe9"


def test_every_beginning_of_an_answer_has_hope() -> None:
    for head in (GOOD, GOOD.replace(b"\r", b""), b"HTTP/1.0 404\r\nA: b"):
        for end in range(len(head)):
            assert check_beginning(head[:end])
            assert check_beginning(head[:end], seen=max(end - 1, 0))


@pytest.mark.parametrize(
    "bad",
    [
        b"HTTP/1.2",
        b"HTTP/1.1  ",
        b"HTTP/1.1 0",
        b"HTTP/1.1 2000",
        b"HTTP/1.1 200\t",
        b"HTTP/1.1 200 OK\rX",
        b"HTTP/1.1 200 OK\r\nA: \x1b",
        b"HTTP/1.1 200 OK\r\n ",
        b"HTTP/1.1 200 OK\n\t",
        b"HTTP/1.1 200 OK\r\nno field\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\n: x\n",
    ],
)
def test_a_hopeless_beginning_is_refused_at_the_byte_that_makes_it_so(bad: bytes) -> None:
    for end in range(1, len(bad)):
        check_beginning(bad[:end], end - 1)
    with pytest.raises(ProtocolError):
        check_beginning(bad, len(bad) - 1)


@pytest.mark.parametrize("beginning", [b"S", b"SSH", b"PRI ", b"AM", b"hell", b"Content-T"])
def test_a_few_bytes_may_still_be_named(beginning: bytes) -> None:
    assert is_foreign(beginning)
    assert not check_beginning(beginning)


@pytest.mark.parametrize("beginning", [b"", b"H", b"HTTP/", b"HTTP/1."])
def test_the_beginning_of_http_is_not_foreign(beginning: bytes) -> None:
    assert not is_foreign(beginning)


def test_what_nobody_knows_is_shown() -> None:
    assert "'hello'" in meaning(b"hello\nyou")
    assert "'\\xff\\x00'" in meaning(b"\xff\x00")
