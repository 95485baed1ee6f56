"""Fields removed, added and rewritten."""

from __future__ import annotations

import pytest

from gateway.protocol import headers

PREFIX = b"/system/services/n/exposed"
PREFIXER = headers.Prefixer(PREFIX, b"gw.test:8080")


def test_fields_that_connection_lists() -> None:
    options = [b"close", b"x-a", b"upgrade", b"host", b"content-length", b"keep-alive"]
    assert headers.listed(options) == [b"x-a"]


def test_lines_are_left_out_by_name() -> None:
    lines = [b"X-A: 1", b"x-ab: 2", b"X-B: x-a: 3"]
    assert headers.without(lines, [b"x-a"]) == [b"x-ab: 2", b"X-B: x-a: 3"]


def test_forwarded() -> None:
    assert headers.forwarded_for("1.2.3.4") == b"1.2.3.4\r\nForwarded: for=1.2.3.4"
    assert headers.forwarded_for("::1") == b'::1\r\nForwarded: for="[::1]"'
    assert headers.forwarded_host(b"a.b") == b";host=a.b"
    assert headers.forwarded_host(b"a.b:80") == b';host="a.b:80"'


def test_schemes() -> None:
    assert headers.proto(b"HTTPS", b"http") == b"https"
    assert headers.proto(b"gopher", b"http") == b"http"
    assert headers.proto(None, b"https") == b"https"


def test_cookies() -> None:
    value = b'a=1; s=x;b=2; s="y";; flag'
    assert headers.cookies(value, b"s") == [b"x", b"y"]
    assert headers.cookies_without(value, b"s") == b"a=1; b=2; flag"
    assert headers.cookies_without(b"s=1", b"s") == b""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"/login?next=/", PREFIX + b"/login?next=/"),
        (b"/", PREFIX + b"/"),
        (b"login", b"login"),
        (b"../up", b"../up"),
        (b"?q", b"?q"),
        (b"", b""),
        (b"//cdn.test/x", b"//cdn.test/x"),
        (b"http://gw.test:8080/x", b"http://gw.test:8080" + PREFIX + b"/x"),
        (b"HTTPS://GW.test:8080", b"HTTPS://GW.test:8080" + PREFIX + b"/"),
        (b"http://gw.test:8080?q", b"http://gw.test:8080" + PREFIX + b"/?q"),
        (b"http://gw.test:8080.evil/x", b"http://gw.test:8080.evil/x"),
        (b"https://elsewhere/x", b"https://elsewhere/x"),
        (PREFIX + b"/x", PREFIX + b"/x"),
        (PREFIX + b"-more/x", PREFIX + PREFIX + b"-more/x"),
    ],
)
def test_locations(value: bytes, expected: bytes) -> None:
    assert PREFIXER.field(b"location", value) == expected
    assert PREFIXER.field(b"content-location", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"5", b"5"),
        (b"5; url=/x", b"5; url=" + PREFIX + b"/x"),
        (b"0;URL='/x'", b"0;URL='" + PREFIX + b"/x'"),
        (b"0, /x", b"0, " + PREFIX + b"/x"),
        (b"0; url=http://elsewhere/", b"0; url=http://elsewhere/"),
        (b"never", b"never"),
    ],
)
def test_refresh(value: bytes, expected: bytes) -> None:
    assert PREFIXER.field(b"refresh", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a=b", b"a=b"),
        (b"a=b; Path=/; HttpOnly", b"a=b; Path=" + PREFIX + b"/; HttpOnly"),
        (b"a=b;path=/app", b"a=b;path=" + PREFIX + b"/app"),
        (b"a=b; Path=; Secure", b"a=b; Path=; Secure"),
        (b"path=/x; Path=/y", b"path=/x; Path=" + PREFIX + b"/y"),
        (b"a=b; Path=" + PREFIX, b"a=b; Path=" + PREFIX),
    ],
)
def test_cookie_paths(value: bytes, expected: bytes) -> None:
    assert PREFIXER.field(b"set-cookie", value) == expected


def test_looking_into_a_head() -> None:
    raw = b"GET / HTTP/1.1\r\nACCEPT: text/html\r\nUser-Agent: curl\r\n\r\n"
    assert headers.accept(raw) == "text/html"
    assert headers.user_agent(raw) == "curl"
    assert headers.accept(b"GET / HTTP/1.1\r\n\r\n") == headers.user_agent(b"") == ""


@pytest.mark.parametrize("value", [b"a b", b"x" * 129, b"", b"a\x00", b"<script>"])
def test_bad_request_ids(value: bytes) -> None:
    assert headers.REQUEST_ID.fullmatch(value) is None
