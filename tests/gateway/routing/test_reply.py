"""A pod's response head, prepared for clients."""

from __future__ import annotations

import pytest

from gateway.limits import Limits
from gateway.protocol.framing import CHUNKED, CLOSE
from gateway.protocol.http1 import ProtocolError
from gateway.routing import compose
from gateway.routing.compose import Profile
from gateway.routing.reply import Replies, Reply, interim, prepare, render, switching
from gateway.services.registry import Services
from gateway.services.route import Plan
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.stats import Stats

POD = Endpoint("10.0.0.9", 8080, "app-1")


def reply(*lines: bytes, start: bytes = b"HTTP/1.1 200 OK") -> Reply:
    return prepare(b"\r\n".join((start, *lines, b"", b"")), Replies(Limits(), "gw"))


def plan(
    *, minor: int = 1, head_only: bool = False, cors: bytes = b"", spec: ServiceSpec | None = None
) -> Plan:
    services = Services(Limits(), Stats())
    services.define([spec or ServiceSpec("app")])
    route = services.table.find("app")
    assert route is not None
    public = compose.public({}, route, Profile(), b"gw.test")
    return Plan(route, minor=minor, head_only=head_only, cors=cors, public=public)


def test_what_everybody_gets() -> None:
    made = reply(b"Server: s", b"Content-Length: 3", b"Connection: keep-alive, x-y", b"X-Y: z")
    assert made.block == (b"HTTP/1.1 200 OK\r\nServer: s\r\nVia: 1.1 gw\r\nContent-Length: 3\r\n")
    assert (made.status, made.length, made.reusable, made.usual) == (200, 3, True, True)
    assert render(made, plan(), POD) == made.block


@pytest.mark.parametrize(
    ("lines", "start", "length", "reusable"),
    [
        ((b"Transfer-Encoding: chunked",), b"HTTP/1.1 200 OK", CHUNKED, True),
        ((), b"HTTP/1.1 200 OK", CLOSE, False),
        ((b"Content-Length: 1", b"Connection: close"), b"HTTP/1.1 200 OK", 1, False),
        ((b"Content-Length: 1",), b"HTTP/1.0 200 OK", 1, False),
        ((b"Content-Length: 1", b"Connection: keep-alive"), b"HTTP/1.0 200 OK", 1, True),
        ((), b"HTTP/1.1 204 No Content", 0, False),
        ((b"Content-Length: 9",), b"HTTP/1.1 304 Not Modified", 0, False),
    ],
)
def test_framing(lines: tuple[bytes, ...], start: bytes, length: int, reusable: bool) -> None:
    made = reply(*lines, start=start)
    assert (made.length, made.reusable) == (length, reusable)


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 1", b"Content-Length: 2"),
        (b"Content-Length: 1", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: gzip",),
    ],
)
def test_bad_framing(lines: tuple[bytes, ...]) -> None:
    with pytest.raises(ProtocolError):
        reply(*lines)


def test_bodies_of_unknown_length_go_in_chunks_to_those_who_know_them() -> None:
    for made in (reply(), reply(b"Transfer-Encoding: chunked")):
        assert b"Transfer-Encoding: chunked\r\n" in made.block
        assert b"Transfer" not in render(made, plan(minor=0), POD)
        assert b"Transfer" not in render(made, plan(head_only=True), POD)


def test_paths_get_their_prefix_back_only_when_it_was_stripped() -> None:
    lines = (
        b"Location: /a",
        b"Set-Cookie: a; Path=/",
        b"Set-Cookie: b; Path=/x",
        b"Content-Length: 0",
    )
    made = reply(*lines, start=b"HTTP/1.1 302 Found")
    assert not made.usual
    stripped = render(made, plan(), POD)
    assert b"\r\nLocation: /system/services/app/exposed/a\r\n" in stripped
    assert stripped.count(b"Path=/system/services/app/exposed/") == 2
    assert render(made, plan(spec=ServiceSpec("app", rewrite_target=True)), POD) == made.block
    assert b"\r\nLocation: /a\r\n" in made.block


def test_cors_fields_replace_the_pods() -> None:
    made = reply(b"Access-Control-Allow-Origin: *", b"Vary: Accept", b"Content-Length: 0")
    head = render(
        made, plan(cors=b"Access-Control-Allow-Origin: https://a\r\nVary: Origin\r\n"), POD
    )
    assert head.count(b"Allow-Origin") == 1
    assert b"Allow-Origin: https://a\r\nVary: Origin\r\n" in head
    assert b"Vary: Accept\r\n" in head


def test_interim_heads_are_whole() -> None:
    made = reply(b"Link: </x>", start=b"HTTP/1.1 103 Early Hints")
    assert interim(made, plan(), POD) == (
        b"HTTP/1.1 103 Early Hints\r\nVia: 1.1 gw\r\nLink: </system/services/app/exposed/x>\r\n\r\n"
    )
    made = reply(b"Upgrade: websocket", b"Connection: upgrade", start=b"HTTP/1.1 101 Switching")
    head = switching(made, plan(), POD, "")
    assert head.endswith(b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")


def test_a_pods_own_request_id_is_kept() -> None:
    made = reply(b"X-Request-Id: mine", b"Content-Length: 0")
    assert made.named
    assert b"X-Request-Id: mine\r\n" in made.block


def test_heads_are_remembered() -> None:
    replies = Replies(Limits(), "gw")
    raw = b"HTTP/1.1 200 OK\r\n\r\n"
    made = [prepare(raw, replies) for _ in range(2)]
    assert replies.memory[raw] is made[1]
