"""Pods that do not speak HTTP/1 are named at once, and not waited for (RFC 9110, section 15.6.3).

nginx, HAProxy and Caddy answer 502 to all of these as soon as the first line is there; none says
what it saw.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.gateway.harness import Pod, Wire, get, post, rig

BANNERS = {
    "SSH": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "TLS handshake": b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03",
    "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80",
    "HTTP/2 goaway": b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n",
    "SMTP": b"220 mail.test ESMTP Postfix\r\n",
    "IMAP": b"* OK ready\r\n",
    "Redis": b"-ERR wrong number of arguments for 'get' command\r\n",
    "MySQL": b"J\x00\x00\x00\x0a8.0.36\x00",
    "AMQP": b"AMQP\x00\x00\x09\x01",
    "VNC": b"RFB 003.008\n",
    "page": b"<html>hello</html>\n",
    "page with an empty line": b"<!doctype html>\n\n<p>hello</p>\r\n\r\n",
    "SSH with an empty line": b"SSH-2.0-dropbear\r\n\r\n",
    "TLS with an empty line": b"\x16\x03\x03\x00\x7a\x02\n\n",
    "JSON": b'{"a": 1}',
    "status line": b"Content-Type: text/html\r\nX: y\r\n",
    "request back": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "hello": b"hello, I am no web server",
    "'ICY 200 OK'": b"ICY 200 OK\r\n",
    "'HTTP/1.1": b"HTTP/1.1 banana\r\n",
    "bare CR": b"HTTP/1.1 200 OK\rX: y\r",
    "control character": b"HTTP/1.1 200 OK\r\nX: a\x00b",
    "folded": b"HTTP/1.1 200 OK\r\nX: a\r\n b",
    "no field": b"HTTP/1.1 200 OK\r\nX: a\r\n<html>\r\nmore",
}


def keeping_open(*pieces: bytes, asked: bool = True) -> Pod:
    async def script(wire: Wire) -> None:
        if asked:
            await wire.head()
        for piece in pieces:
            await wire.send(piece)
            await asyncio.sleep(0)
        await wire.ended()

    return Pod(script)


@pytest.mark.parametrize("name", BANNERS)
@pytest.mark.parametrize("bytewise", [False, True])
@pytest.mark.parametrize("request_bytes", [get(), post(b"body")])
async def test_what_a_pod_speaks_is_said_at_once(
    name: str, bytewise: bool, request_bytes: bytes
) -> None:
    """The pod keeps its connection open; without this the client waited 300 s for a 504."""
    banner = BANNERS[name]
    pieces = [bytes([byte]) for byte in banner] if bytewise else [banner]
    async with rig(await keeping_open(*pieces).start()) as r:
        answer = await r.ask(request_bytes)
        assert answer.status == 502
        assert answer.fields[b"x-gateway-error"] == b"upstream_malformed"
        assert name.split()[0].strip("'").lower() in json.loads(answer.body)["error"].lower()
        await r.balanced()


@pytest.mark.parametrize("name", ["SSH", "SMTP", "HTTP/2", "MySQL"])
async def test_a_pod_that_speaks_first_is_named_too(name: str) -> None:
    """Servers of these protocols greet as soon as they accept: maybe before they are asked."""
    async with rig(await keeping_open(BANNERS[name], asked=False).start()) as r:
        answer = await r.ask(get())
        assert answer.fields[b"x-gateway-error"] == b"upstream_malformed"
        assert name in json.loads(answer.body)["error"]
        await r.balanced()


@pytest.mark.parametrize("closes", [False, True])
async def test_a_byte_that_begins_nothing_is_not_waited_for(closes: bool) -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"S")
        if not closes:
            await wire.ended()

    async with rig(await Pod(script).start()) as r:
        answer = await r.ask(get())
        assert answer.fields[b"x-gateway-error"] == b"upstream_malformed"
        assert "'S'" in json.loads(answer.body)["error"]
        await r.balanced()
