"""Fields removed, added and rewritten."""

from __future__ import annotations

import pytest

from gateway.protocol import headers


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


def test_cookies() -> None:
    value = b'a=1; s=x;b=2; s="y";; flag'
    assert headers.cookies(value, b"s") == [b"x", b"y"]
    assert headers.cookies_without(value, b"s") == b"a=1; b=2; flag"
    assert headers.cookies_without(b"s=1", b"s") == b""


def test_looking_into_a_head() -> None:
    raw = b"GET / HTTP/1.1\r\nACCEPT: text/html\r\nUser-Agent: curl\r\n\r\n"
    assert headers.accept(raw) == "text/html"
    assert headers.user_agent(raw) == "curl"
    assert headers.accept(b"GET / HTTP/1.1\r\n\r\n") == headers.user_agent(b"") == ""


@pytest.mark.parametrize("value", [b"a b", b"x" * 129, b"", b"a\x00", b"<script>"])
def test_bad_request_ids(value: bytes) -> None:
    assert headers.REQUEST_ID.fullmatch(value) is None
