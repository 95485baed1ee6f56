"""The cross-origin policy as browsers read it."""

from __future__ import annotations

import pytest

from gateway.protocol.responses import Answer, render
from gateway.routing.cors import Cors, applied, is_preflight

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


@pytest.mark.parametrize(
    "origin",
    [
        b"capacitor://localhost",  # Capacitor on iOS
        b"ionic://localhost",
        b"tauri://localhost",
        b"app://obsidian.md",
        b"app://.",  # Electron
        b"file://",  # WebViews of Android
        b"null",  # file:, data:, sandboxed frames
        b"chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
        b"moz-extension://0f0f0f0f-1111-2222-3333-444444444444",
        b"safari-web-extension://0F0F0F0F-1111-2222-3333-444444444444",
        b"vscode-webview://1f2e3d4c",
        b"vscode-file://vscode-app",
        b"http://my_host:8080",
        b"http://[::1]:5173",
        b"https://xn--bcher-kva.example",
    ],
)
def test_what_embeds_a_browser_has_origins_too(origin: bytes) -> None:
    """As they are seen in Origin: schemes of their own, hosts with `_`, no host at all."""
    named = b"Access-Control-Allow-Origin: " + origin + b"\r\nVary: Origin\r\n"
    assert Cors(origins=(origin.decode(),), credentials=False).fields(origin) == named
    assert Cors(origins=("*",)).fields(origin).startswith(named)
    assert Cors(origins=("*",), credentials=False).allows(origin)
    assert not POLICY.allows(origin)


@pytest.mark.parametrize(
    "origin",
    [
        b"",
        b"localhost",
        b"://a",
        b"NULL",
        b"https://a, https://b",
        b"https://a https://b",
        b"https://a/",
        b"https://a?",
        b"https://u@a",
        b"https://a\tb",
        b"https://\xc3\xa9",
        b"https://" + b"a" * 300,
    ],
)
def test_what_is_no_origin_is_never_named(origin: bytes) -> None:
    assert Cors(origins=("*",)).fields(origin) == b"Vary: Origin\r\n"
    everybody = Cors(origins=("*",), credentials=False)
    assert everybody.fields(origin) == b"Access-Control-Allow-Origin: *\r\n"


def test_the_names_that_are_exposed_are_joined() -> None:
    fields = POLICY.fields(b"http://localhost:5173")
    pods = [
        b"access-control-expose-headers: X-A",
        b"Access-Control-Expose-Headers:X-B",
        b"Vary: Origin",
        b"Vary: Accept",
        b"Access-Control-Max-Age: 5",
        b"X: y",
    ]
    assert applied(fields, pods) == [
        b"Vary: Accept",
        b"X: y",
        b"Access-Control-Allow-Origin: http://localhost:5173",
        b"Vary: Origin",
        b"Access-Control-Allow-Credentials: true",
        b"Access-Control-Expose-Headers: X-A, X-B, X-Request-Id, X-Gateway-Error, X-Gateway-Phase, "
        b"X-Cold-Start, Retry-After",
    ]
    assert applied(b"", pods) == pods
    assert applied(POLICY.fields(None), [b"X: y"]) == [b"X: y", b"Vary: Origin"]


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
