"""The port of TLS: who is counted from when, until when, and what plain HTTP hears there."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import TYPE_CHECKING

import pytest

from gateway.limits import Limits
from gateway.net.tls import Certificate, CertificateFiles
from tests.gateway.certificates import issue
from tests.gateway.harness import Pod, Rig, Wire, echo, get, post, rig

if TYPE_CHECKING:
    from collections.abc import Callable

    Secured = Callable[[], ssl.SSLContext]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    return issue(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def secured(files: CertificateFiles) -> Secured:
    certificate = Certificate(files)
    return lambda: certificate.context


async def through_tls(r: Rig) -> Wire:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    wire = Wire(*await asyncio.open_connection("127.0.0.1", r.port, ssl=trusting))
    r.wires.append(wire)
    return wire


def at_rest(r: Rig) -> bool:
    """No connection is counted anywhere."""
    books = r.gateway.connections
    return not (r.stats.connections or books.open or books.arriving or r.gateway.context.handshakes)


async def test_a_request_through_tls(secured: Secured) -> None:
    async with rig(await Pod(echo).start(), secured=secured) as r:
        wire = await through_tls(r)
        await wire.send(get())
        assert b"\r\nX-Forwarded-Proto: https\r\n" in (await wire.response()).body
        assert r.stats.connections == r.stats.connections_accepted == 1
        assert not r.gateway.connections.arriving
        await wire.close()
        await r.until(lambda: at_rest(r))


async def test_each_handshake_takes_the_context_of_the_moment(
    files: CertificateFiles, secured: Secured
) -> None:
    asked: list[ssl.SSLContext] = []

    def next_one() -> ssl.SSLContext:
        asked.append(secured())
        return asked[-1]

    async with rig(secured=next_one) as r:
        await through_tls(r)
        await through_tls(r)
        assert len(asked) == 2


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(connections=2), b"gateway_full"),
        (Limits(connections_per_address=2), b"too_many_connections"),
    ],
)
async def test_handshakes_on_their_way_count(
    limits: Limits, reason: bytes, secured: Secured
) -> None:
    """HAProxy counts a connection towards `maxconn` from accept on, nginx a worker's too."""
    async with rig(secured=secured, limits=limits) as r:
        silent, dripping = await r.connect(), await r.connect()
        await dripping.send(b"\x16\x03\x01")
        await r.until(lambda: r.stats.connections == 2)
        third = await through_tls(r)
        answer = await third.response()
        assert answer.fields[b"x-gateway-error"] == reason
        assert r.stats.connections_refused == 1
        await third.close()
        await silent.close()
        await r.until(lambda: r.stats.connections == 1)
        await (await through_tls(r)).send(get())
        await r.until(lambda: r.stats.connections == 2)
        assert r.stats.connections_refused == 1


async def test_far_beyond_a_limit_nobody_is_told(secured: Secured) -> None:
    """To tell costs a handshake, which attackers have many of."""
    async with rig(secured=secured, limits=Limits(connections=1)) as r:
        wires = [await r.connect() for _ in range(66)]
        assert await wires[-1].rest() == b""
        assert r.stats.connections_refused == 1
        assert r.stats.connections == 65


@pytest.mark.parametrize("beginning", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"])
async def test_a_handshake_ends_by_the_time_of_a_head(beginning: bytes, secured: Secured) -> None:
    async with rig(secured=secured, limits=Limits(head_time=0.05)) as r:
        wire = await r.connect()
        await wire.send(beginning)
        assert not await wire.rest()
        await r.until(lambda: at_rest(r))


@pytest.mark.parametrize(
    "beginning", [b"\x16\x03\x01\x00\x05hello", b"\x80\x2e\x01\x00\x02", b"\x00\xff", b"\x05\x01\0"]
)
async def test_what_is_no_handshake_ends(beginning: bytes, secured: Secured) -> None:
    async with rig(secured=secured) as r:
        wire = await r.connect()
        await wire.send(beginning)
        wire.writer.write_eof()
        await wire.ended()
        await r.until(lambda: at_rest(r))


async def test_who_leaves_before_the_handshake_is_forgotten(secured: Secured) -> None:
    async with rig(secured=secured) as r:
        first, second = await r.connect(), await r.connect()
        await r.until(lambda: r.stats.connections == 2)
        first.reset()
        await second.close()
        await r.until(lambda: at_rest(r))


async def test_closing_ends_handshakes(secured: Secured) -> None:
    async with rig(secured=secured) as r:
        silent, begun = await r.connect(), await r.connect()
        await begun.send(b"\x16\x03")
        await r.until(lambda: r.stats.connections == 2)
        await r.gateway.close()
        await silent.ended()
        await begun.ended()
        await r.until(lambda: at_rest(r))


@pytest.mark.parametrize("request_", [get(b"/a?token=s3cret"), post(b"body", b"/a"), get()[2:]])
async def test_plain_http_hears_that_the_port_speaks_tls(request_: bytes, secured: Secured) -> None:
    """nginx: "400 The plain HTTP request was sent to HTTPS port"; Go and Caddy: "Client sent an
    HTTP request to an HTTPS server"."""
    pod = await Pod(echo).start()
    async with rig(pod, secured=secured) as r:
        wire = await r.connect()
        await wire.send(request_)
        answer = await wire.response()
        assert answer.status == 400
        told = json.loads(answer.body)
        if request_ == get()[2:]:
            assert answer.fields[b"connection"] == b"close"
            return
        assert told["reason"] == "plain_http"
        assert "https://gateway.test/system/services/echo/exposed/a" in told["remedy"]
        assert b"s3cret" not in answer.body
        assert answer.fields[b"connection"] == b"close"
        assert await wire.rest() == b""
        assert not pod.connections
        assert r.log.entries[-1].reason == "plain_http"


async def test_a_browser_gets_a_page_and_head_gets_no_body(secured: Secured) -> None:
    async with rig(secured=secured) as r:
        page = await r.ask(get(b"/<x>", b"Accept: text/html"))
        assert b"https://gateway.test/system/services/echo/exposed/&lt;x&gt;" in page.body
        wire = await r.connect()
        await wire.send(get(method=b"HEAD"))
        assert (await wire.response(bodyless=True)).status == 400
        assert await wire.rest() == b""


async def test_other_protocols_are_refused_as_on_the_plain_port(secured: Secured) -> None:
    async with rig(secured=secured) as r:
        assert (await r.ask(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")).status == 400


async def test_plain_http_may_be_slow_for_no_longer_than_a_head(secured: Secured) -> None:
    async with rig(secured=secured, limits=Limits(head_time=0.3)) as r:
        wire = await r.connect()
        await wire.send(b"GET / HT")
        assert (await wire.response()).status == 408
        await wire.close()
        await r.until(lambda: at_rest(r))
