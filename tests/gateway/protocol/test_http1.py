"""Heads: what is accepted, what is refused, and how it is taken apart."""

from __future__ import annotations

import pytest

from gateway.limits import Limits
from gateway.protocol.http1 import (
    ProtocolError,
    check_beginning,
    fields,
    parse_request,
    parse_response,
    resolve_target,
    tokens,
    valid_host,
)

LIMITS = Limits()


def request(*lines: bytes, start: bytes = b"GET /x HTTP/1.1") -> bytes:
    return b"\r\n".join((start, *lines, b"", b""))


def test_takes_a_head_apart() -> None:
    head = parse_request(
        request(b"HOST: h", b"Accept:*/*", b"Content-Length: 3", b"X-A: \xe9 ", b"Cookie: a=b"),
        LIMITS,
    )
    assert (head.method, head.target, head.minor) == (b"GET", b"/x", 1)
    assert head.plain == [b"Accept:*/*", b"X-A: \xe9 "]
    assert head.special == [b"HOST: h", b"Cookie: a=b"]
    assert head.varying == {b"content-length": b"3"}
    assert fields(head.special) == {b"host": b"h", b"cookie": b"a=b"}


def test_a_head_without_fields() -> None:
    head = parse_request(request(start=b"GET / HTTP/1.0"), LIMITS)
    assert (head.minor, head.plain, head.special) == (0, [], [])


@pytest.mark.parametrize(
    "start",
    [
        b"GET /x",
        b"GET  /x HTTP/1.1",
        b"GET /x  HTTP/1.1",
        b" GET /x HTTP/1.1",
        b"GET\t/x HTTP/1.1",
        b"GET /x HTTP/1.1 ",
        b"GET /x HTTP/2.0",
        b"GET /x HTTP/1.2",
        b"GET /x http/1.1",
        b"G\x00T /x HTTP/1.1",
        b"G(T /x HTTP/1.1",
        b"GET /\x7f HTTP/1.1",
        b"GET /\xe9 HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"GET /x#y HTTP/1.1",
        b"GET /x\r HTTP/1.1",
        b"GET /x\n HTTP/1.1",
        b"",
        b"/x HTTP/1.1",
    ],
)
def test_refuses_request_lines(start: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_request(request(b"Host: h", start=start), LIMITS)


@pytest.mark.parametrize(
    "line",
    [
        b"Name",
        b": x",
        b" : x",
        b"Na me: x",
        b"Name : x",
        b"Name\t: x",
        b"Na\x00me: x",
        b"N\xe9me: x",
        b'N"me: x',
        b"N(me: x",
        b"Name: a\x00b",
        b"Name: a\rb",
        b"Name: a\nb",
        b"Name: a\x1fb",
        b"Name: a\x7fb",
        b" folded",
        b"\tfolded",
    ],
)
def test_refuses_field_lines(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_request(request(b"Host: h", line), LIMITS)
    with pytest.raises(ProtocolError):
        parse_response(request(b"A: b", line, start=b"HTTP/1.1 200 OK"), LIMITS)


@pytest.mark.parametrize("name", [b"Host", b"Content-Length", b"Authorization", b"Max-Forwards"])
def test_refuses_fields_that_stand_twice(name: bytes) -> None:
    with pytest.raises(ProtocolError, match="more than once"):
        fields(parse_request(request(name + b": 1", name.lower() + b": 1"), LIMITS).special)


def test_joins_the_other_repeated_fields() -> None:
    head = parse_request(request(b"Via: a", b"Cookie: x", b"via: b", b"cookie: y"), LIMITS)
    assert fields(head.special) == {b"via": b"a, b", b"cookie": b"x; y"}


def test_aliases_of_fields_that_mean_something_do_not_pass_as_plain() -> None:
    lines = [b"X_Forwarded_For: 1", b"x-forwarded_host: 1", b"Content_Length: 1", b"X_Real_IP: 1"]
    head = parse_request(request(b"Host: h", b"My_Own: x", *lines), LIMITS)
    assert head.plain == [b"My_Own: x"]


def test_verdicts_are_remembered_rightly() -> None:
    for _ in range(4):
        head = parse_request(request(b"Host: h", b"X: 1", b"Via: 1.1 a"), LIMITS)
        assert (head.plain, head.special) == ([b"X: 1"], [b"Host: h", b"Via: 1.1 a"])
        with pytest.raises(ProtocolError):
            parse_request(request(b"Host: h", b"X : 1"), LIMITS)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (request(start=b"GET /" + b"x" * 17_000 + b" HTTP/1.1"), "line_too_long"),
        (request(*(b"X: " + b"y" * 1000 for _ in range(40))), "head_too_large"),
        (request(*(b"X: y" for _ in range(101))), "head_too_large"),
    ],
)
def test_limits(head: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_request(head, LIMITS)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("beginning", "reason"),
    [
        (b"GET /" + b"x" * 17_000, "line_too_long"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 6000, "head_too_large"),
        (b"GET / HTTP/1.1\nHost: h\n\n", "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: h\n", "bad_request"),
        (b"GET / HTTP/1.1\rHost: h", "bad_request"),
        (b"GET /\x00", "bad_request"),
    ],
)
def test_hopeless_beginnings_are_refused_at_once(beginning: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        check_beginning(beginning, LIMITS)
    assert caught.value.reason == reason


def test_every_beginning_of_a_good_head_has_hope() -> None:
    head = request(b"Host: h", b"X-A: b")
    for end in range(len(head)):
        check_beginning(head[:end], LIMITS)
        check_beginning(head[:end], LIMITS, seen=max(end - 1, 0))


@pytest.mark.parametrize("bad", [b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\rH", b"GE\x00"])
def test_hopeless_beginnings_are_refused_at_the_byte_that_makes_them_so(bad: bytes) -> None:
    for end in range(1, len(bad)):
        check_beginning(bad[:end], LIMITS, end - 1)
    with pytest.raises(ProtocolError):
        check_beginning(bad, LIMITS, len(bad) - 1)


@pytest.mark.parametrize(
    ("target", "method", "resolved", "host"),
    [
        (b"/x", b"GET", b"/x", b"h"),
        (b"http://other:80/x?y", b"GET", b"/x?y", b"other:80"),
        (b"HTTP://other", b"GET", b"/", b"other"),
        (b"https://other?q", b"GET", b"/?q", b"other"),
        (b"*", b"OPTIONS", b"*", b"h"),
        (b"h:443", b"CONNECT", b"h:443", b"h"),
    ],
)
def test_targets(target: bytes, method: bytes, resolved: bytes, host: bytes) -> None:
    found = {b"host": b"h"}
    assert resolve_target(target, found, method) == resolved
    assert found[b"host"] == host


@pytest.mark.parametrize("target", [b"*", b"x", b"ftp://h/", b"http:///x", b"http:x"])
def test_bad_targets(target: bytes) -> None:
    with pytest.raises(ProtocolError):
        resolve_target(target, {}, b"GET")


@pytest.mark.parametrize("host", [b"h", b"a.b-c:80", b"[::1]", b"[::1]:80", b"1.2.3.4", b"h:"])
def test_hosts(host: bytes) -> None:
    assert valid_host(host)


@pytest.mark.parametrize(
    "host",
    [b"", b"a b", b"a,b", b"a/b", b"u@h", b"h:80:80", b"h:x", b"[::1", b"a\x00", b"h:999999"],
)
def test_bad_hosts(host: bytes) -> None:
    assert not valid_host(host)


def test_a_response() -> None:
    head = parse_response(
        b"HTTP/1.1 302 Found\r\nLocation: /a\r\nSet-Cookie: x=y; Path=/\r\nSet-Cookie: z\r\n"
        b"Content-Length: 0\r\nServer: s\r\n\r\n",
        LIMITS,
    )
    assert (head.status, head.status_text, head.minor) == (302, b"302 Found", 1)
    assert head.lines == [b"Server: s"]
    assert head.special == {b"content-length": b"0"}
    assert head.paths == [
        (b"location", b"/a"),
        (b"set-cookie", b"x=y; Path=/"),
        (b"set-cookie", b"z"),
    ]


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1 20 OK", b"HTTP/1.1 2000", b"HTTP/2 200 OK", b"ICY 200 OK", b"HTTP/1.1  200"]
)
def test_bad_status_lines(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_response(line + b"\r\n\r\n", LIMITS)


def test_phrases_may_be_missing() -> None:
    assert parse_response(b"HTTP/1.1 200\r\n\r\n", LIMITS).status == 200
    assert parse_response(b"HTTP/1.0 200 \r\n\r\n", LIMITS).minor == 0


def test_tokens() -> None:
    assert tokens(b"Keep-Alive, ,Upgrade\t,x") == [b"keep-alive", b"upgrade", b"x"]


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/año".encode(), "%C3%B1"),
        ("/文.txt".encode(), "%E6%96%87"),
        (b"/a\xff", "%FF"),
        (b"/a b/c", "%20"),
        (b"/?q=a  b", "%20%20"),
        (b"/page#part", "%23"),
    ],
)
def test_a_path_as_it_was_typed_is_told_how_to_be_written(path: bytes, written: str) -> None:
    """RFC 9112, section 3.2: an invalid request-line is 400, never mended (a space could be the
    end of the target to one reader). HAProxy: `accept-unsafe-violations-in-http-request` is off."""
    with pytest.raises(ProtocolError, match=f"percent-encode it as {written}$"):
        parse_request(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n\r\n", Limits())
