"""The two schemes that services and their administrator use."""

from __future__ import annotations

import base64

import pytest

from shared.service.authorization import parse_credentials, read


def basic(text: bytes) -> bytes:
    return b"Basic " + base64.b64encode(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (basic(b"a:b:c"), (b"a", b"b:c")),
        (basic(b"a:"), (b"a", b"")),
        (b"bASIC   " + base64.b64encode(b"a:b") + b" ", (b"a", b"b")),
        (b"Bearer t.o-k", (None, b"t.o-k")),
        (b"bearer   t ", (None, b"t")),
    ],
)
def test_what_is_read(value: bytes, expected: tuple[bytes | None, bytes]) -> None:
    assert read(value) == expected


@pytest.mark.parametrize(
    "value",
    [b"", b"Basic", b"Basic ", b"Basic !!!", b"Basic YQ", basic(b"no colon"), b"Bearer", b"Bearer ",
     b"Bearer a b", b"Bearer \xff", b"Digest a", b"Basic\tYTpi", b"Bearera"],
)  # fmt: skip
def test_what_proves_nothing(value: bytes) -> None:
    assert read(value) is None


def test_a_file_of_credentials_holds_one_line() -> None:
    assert parse_credentials("oscar:se:cret\n") == ("oscar", "se:cret")


@pytest.mark.parametrize("text", ["", "oscar", ":x", "oscar:", "a:b\nc:d", "a\nb:c"])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="user:password"):
        parse_credentials(text)
