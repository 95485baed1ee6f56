"""What trusted proxies say of the client's side."""

from __future__ import annotations

import pytest

from gateway.protocol import forwarded


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"https", b"https"),
        (b"HTTPS", b"https"),
        (b"wss", b"https"),
        (b"WSS", b"https"),
        (b"ws", b"http"),
        (b"https, http", b"https"),
        (b"http,https", b"http"),
        (b" , wss , http", b"https"),
        (b"gopher", b"own"),
        (b"gopher, https", b"own"),
        (b"httpsx", b"own"),
        (b"", b"own"),
    ],
)
def test_schemes(value: bytes, expected: bytes) -> None:
    """Traefik sends ws and wss for WebSockets; chains of proxies make lists."""
    assert forwarded.scheme({b"x-forwarded-proto": value}, b"own") == expected


def test_forwarded_counts_where_the_older_field_is_missing() -> None:
    """RFC 7239, section 5.4; X-Forwarded-Proto, which nearly all proxies set, comes first."""
    standard = {b"forwarded": b'for="[::1]:80";Proto=HTTPS;host="a.test:81", proto=http'}
    assert forwarded.scheme(standard, b"http") == b"https"
    assert forwarded.host(standard, b"own") == b"a.test:81"
    both = standard | {b"x-forwarded-proto": b"http", b"x-forwarded-host": b"b.test"}
    assert forwarded.scheme(both, b"https") == b"http"
    assert forwarded.host(both, b"own") == b"b.test"
    assert forwarded.scheme({}, b"https") == b"https"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"for=1.2.3.4", {b"for": b"1.2.3.4"}),
        (b"for=a ; proto=https;;by=x, for=b", {b"for": b"a", b"proto": b"https", b"by": b"x"}),
        (b'host="a\\"b,c;d"', {b"host": b'a"b,c;d'}),
        (b"proto=https;", {b"proto": b"https"}),
        (b"proto=http;proto=https", {b"proto": b"http"}),
        (b"", {}),
        (b"nonsense", {}),
        (b'proto="https', {}),
    ],
)
def test_the_first_element_of_forwarded(value: bytes, expected: dict[bytes, bytes]) -> None:
    assert forwarded.element(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a.test:8443", b"a.test:8443"),
        (b"a.test, b.test", b"a.test"),
        (b"[::1]:80, b", b"[::1]:80"),
        (b"a b, c", b"own"),
        (b"evil/path", b"own"),
        (b"", b"own"),
    ],
)
def test_hosts(value: bytes, expected: bytes) -> None:
    assert forwarded.host({b"x-forwarded-host": value}, b"own") == expected


def test_ports() -> None:
    assert forwarded.port({b"x-forwarded-port": b"8443, 80"}) == b"8443"
    assert forwarded.port({b"x-forwarded-port": b"https"}) == forwarded.port({}) == b""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"/outer", b"/outer"),
        (b"/outer/", b"/outer"),
        (b"/a/b%20c", b"/a/b%20c"),
        (b"/a, /b", b"/a/b"),
        (b"/", b""),
        (b"outer", b""),
        (b"//evil.test", b""),
        (b"/a//b", b""),
        (b"/a/../b", b""),
        (b"/%2E%2e", b""),
        (b"/a;b", b""),
        (b"/a?b", b""),
        (b"/a\\b", b""),
        (b"/a b", b""),
        (b"/a\xff", b""),
    ],
)
def test_prefixes(value: bytes, expected: bytes) -> None:
    assert forwarded.prefix({b"x-forwarded-prefix": value}) == expected
