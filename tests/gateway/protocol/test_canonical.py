"""Heads that only canonical form makes readable."""

from __future__ import annotations

import pytest

from gateway.protocol.canonical import canonical, end_of_head

START = b"HTTP/1.1 200 OK"
FIVE = b"\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (b"\nA: b\n\n", b"\r\nA: b\r\n\r\n"),
        (b"\r\nA: b\n\r\n", b"\r\nA: b\r\n\r\n"),
        (b"\nA \t: b : c\n\n", b"\r\nA: b : c\r\n\r\n"),
        (b"\nA b : c\n\n", b"\r\nA b : c\r\n\r\n"),
        (b"\nContent-Length: 5\nA: b\ncontent-length:05\n\n", b"\r\nA: b" + FIVE),
        (b"\nContent-Length: 5 ,5\t, 5\n\n", FIVE),
        (b"\nContent-Length: %b\n\n" % (b"0" * 5000), b"\r\nContent-Length: 0\r\n\r\n"),
        (b"\nX-Content-Length: 5, 5\n\n", b"\r\nX-Content-Length: 5, 5\r\n\r\n"),
    ],
)
def test_canonical_form(lines: bytes, expected: bytes) -> None:
    assert canonical(START + lines) == START + expected


@pytest.mark.parametrize(
    "length",
    [b"5, 6", b"5,", b"", b"+5", b"-5", b"0x5", b"5 5", b"5;5", b"1" * 19, b"5\r", b"\xb2"],
)
def test_a_length_that_is_not_one_number_stays_wrong(length: bytes) -> None:
    head = START + b"\r\nContent-Length: " + length + b"\r\n\r\n"
    assert canonical(head) == head


def test_a_bare_cr_stays_one() -> None:
    assert canonical(START + b"\r\r\nA: b\r\n\r\n") == START + b"\r\r\nA: b\r\n\r\n"


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\n\r\n", b"\r\n\n"])
def test_the_first_empty_line_ends_a_head(end: bytes) -> None:
    data = START + end + b"body\n\n"
    whole = len(START + end)
    assert end_of_head(data) == whole
    for seen in range(whole):
        assert end_of_head(data[:seen]) == 0
        assert end_of_head(data, seen) == whole
