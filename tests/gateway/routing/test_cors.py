"""The cross-origin policy as browsers read it."""

from __future__ import annotations

import pytest

from gateway.protocol.responses import Answer, render
from gateway.routing.cors import Cors, is_preflight

POLICY = Cors(origins=("http://localhost:5173", "https://ui.example.org"))


def test_an_allowed_origin_is_named_and_caches_are_told() -> None:
    assert POLICY.fields(b"http://localhost:5173") == (
        b"Access-Control-Allow-Origin: http://localhost:5173\r\n"
        b"Vary: Origin\r\n"
        b"Access-Control-Allow-Credentials: true\r\n"
    )


@pytest.mark.parametrize(
    "origin",
    [b"http://evil.example", b"https://localhost:5173", b"http://localhost:5173.evil", b"", b"null",
     b"http://localhost:5173\r\nX: y"],
)  # fmt: skip
def test_other_origins_get_nothing_but_vary(origin: bytes) -> None:
    assert not POLICY.allows(origin)
    assert POLICY.fields(origin) == b"Vary: Origin\r\n"
    assert POLICY.preflight(origin) == Answer(204)


def test_a_preflight_is_answered_whole() -> None:
    origin = b"https://ui.example.org"
    response = render(POLICY.preflight(origin), extra=POLICY.fields(origin))
    assert response.startswith(b"HTTP/1.1 204 ")
    assert response.endswith(b"\r\n\r\n")
    assert b"\r\nAccess-Control-Allow-Origin: https://ui.example.org\r\n" in response
    assert b"\r\nAccess-Control-Allow-Methods: GET, PUT, POST, DELETE, PATCH, HEAD\r\n" in response
    assert b"\r\nAccess-Control-Allow-Headers: Authorization, Content-Type\r\n" in response
    assert b"\r\nAccess-Control-Max-Age: 1728000\r\n" in response


def test_any_origin_without_credentials_is_a_star() -> None:
    policy = Cors(origins=("*",), credentials=False)
    assert policy.fields(b"https://any.example") == b"Access-Control-Allow-Origin: *\r\n"


def test_the_cache_of_origins_is_bounded() -> None:
    policy = Cors(origins=("*",), credentials=False)
    for number in range(2_000):
        policy.fields(b"http://h%d" % number)
    assert len(policy._known) <= 256


def test_off_without_origins() -> None:
    assert not Cors()
    assert POLICY


@pytest.mark.parametrize(
    ("method", "origin", "requested", "expected"),
    [
        (b"OPTIONS", b"http://a", b"PUT", True),
        (b"OPTIONS", b"http://a", None, False),
        (b"OPTIONS", None, b"PUT", False),
        (b"GET", b"http://a", b"PUT", False),
    ],
)
def test_what_is_a_preflight(
    method: bytes, origin: bytes | None, requested: bytes | None, expected: bool
) -> None:
    assert is_preflight(method, origin, requested) is expected
