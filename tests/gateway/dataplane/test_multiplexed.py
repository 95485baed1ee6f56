"""Connections of HTTP/2 among others: how they begin, count, drain, and end."""

from __future__ import annotations

import asyncio
import ssl
from ipaddress import ip_network
from typing import Any

import pytest

from gateway.limits import Identity, Limits
from gateway.net.tls import Certificate, CertificateFiles
from gateway.routing.cors import Cors
from tests.gateway.certificates import issue
from tests.gateway.harness import Pod, Wire, answering, echo, get, rig
from tests.gateway.http2.peer import (
    ACKNOWLEDGED,
    PREFACE,
    SETTINGS,
    connect,
    fields,
    headers,
)
from tests.gateway.http2.served import served

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LAST = (1 << 31) - 1


async def test_a_preface_after_a_request_is_no_beginning() -> None:
    async with rig(await Pod(echo).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        assert (await wire.response()).status == 200
        await wire.send(PREFACE + SETTINGS)
        assert (await wire.response()).status == 400
        assert not r.gateway.connections.multiplexed


async def test_without_http_2_a_preface_is_refused() -> None:
    async with rig(limits=Limits(http2=False)) as r:
        wire = await r.connect()
        await wire.send(PREFACE + SETTINGS)
        assert (await wire.response()).status == 400


async def test_streams_are_no_connections() -> None:
    async def script(wire: Wire) -> None:
        await wire.rest()

    limits = Limits(connections_per_address=2)
    async with served(await Pod(script).start(), limits=limits) as (r, peer):
        await peer.send(b"".join(headers(number, fields()) for number in range(1, 21, 2)))
        await r.until(lambda: r.state.in_flight == 10)
        assert r.stats.connections == r.stats.connections_accepted == 1
        assert r.gateway.connections.busy == 10
        other = await connect(r.port)
        third = await r.connect()
        await third.send(get())
        assert (await third.response()).status == 429
        assert r.stats.connections_refused == 1
        await other.close()
        await r.until(lambda: r.stats.connections == 1)


async def test_before_it_leaves_the_gateway_tells_its_clients_and_serves_on() -> None:
    async with served(await Pod(answering(OK)).start()) as (r, peer):
        r.gateway.leave()
        await peer.send(headers(1, fields()))
        assert (await peer.answer(1)).status == 200
        assert peer.goaway is not None
        assert (peer.goaway.last_stream_id, peer.goaway.error_code) == (LAST, 0)
        newcomer = await connect(r.port)
        await newcomer.send(headers(1, fields()))
        assert (await newcomer.answer(1)).status == 200
        await newcomer.pong()
        assert newcomer.goaway is not None
        await newcomer.close()


async def test_a_drain_ends_when_the_last_stream_has() -> None:
    release = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await release.wait()
        await wire.send(OK)

    async with served(await Pod(script).start()) as (r, peer):
        await peer.send(headers(1, fields()))
        await r.until(lambda: r.state.in_flight == 1)
        idle = await connect(r.port)
        r.gateway.drain()
        assert await idle.fate() == 0
        await idle.close()
        await peer.pong()
        assert peer.goaway is not None
        assert peer.goaway.last_stream_id == 1
        await peer.send(headers(3, fields()))
        assert (await peer.answer(3)).reset == 7
        assert r.gateway.connections.left
        release.set()
        assert (await peer.answer(1)).status == 200
        assert await peer.fate() == 0
        await r.until(lambda: not r.gateway.connections.left)
        assert r.stats.connections == 0


async def test_what_outlasts_a_drain_is_cut() -> None:
    async def script(wire: Wire) -> None:
        await wire.rest()

    async with served(await Pod(script).start()) as (r, peer):
        await peer.send(headers(1, fields()))
        await r.until(lambda: r.state.in_flight == 1)
        r.gateway.drain()
        r.gateway.cut_requests()
        await peer.fate()
        assert peer.answers[1].reset is not None
        assert [one.reason for one in r.log.entries] == ["shutting_down"]


async def test_the_policy_of_origins_and_trusted_proxies_hold_for_streams() -> None:
    options: dict[str, Any] = {
        "cors": Cors(origins=("https://page.test",), credentials=False),
        "identity": Identity(trusted=(ip_network("127.0.0.0/8"),)),
    }
    async with served(await Pod(echo).start(), **options) as (_, peer):
        said = fields("GET", "/", ("origin", "https://page.test"), ("x-forwarded-proto", "https"))
        await peer.send(headers(1, said))
        answer = await peer.answer(1)
        assert answer.heads[0]["access-control-allow-origin"] == "https://page.test"
        assert b"\r\nX-Forwarded-Proto: https\r\n" in answer.body


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    return issue(tmp_path_factory.mktemp("tls"), "localhost")


def trusting(*protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


@pytest.mark.parametrize("offered", [("h2",), ("h2", "http/1.1"), ("http/1.1", "h2")])
async def test_through_tls_it_is_agreed_upon(
    files: CertificateFiles, offered: tuple[str, ...]
) -> None:
    certificate = Certificate(files)
    async with rig(await Pod(echo).start(), secured=lambda: certificate.context) as r:
        peer = await connect(r.port, secured=trusting(*offered))
        await peer.send(headers(1, fields()))
        assert b"\r\nX-Forwarded-Proto: https\r\n" in (await peer.answer(1)).body
        await peer.send(b"not a frame of any kind, and long enough to be taken for one of many")
        assert await peer.fate() is not None
        await peer.close()
        await r.until(lambda: not r.stats.connections)


@pytest.mark.parametrize("http2", [True, False])
async def test_who_does_not_ask_for_it_gets_http_1(files: CertificateFiles, http2: bool) -> None:
    certificate = Certificate(files, http2=http2)
    limits = Limits(http2=http2)
    async with rig(
        await Pod(echo).start(), secured=lambda: certificate.context, limits=limits
    ) as r:
        offered = trusting("http/1.1") if http2 else trusting("h2", "http/1.1")
        wire = Wire(*await asyncio.open_connection("127.0.0.1", r.port, ssl=offered))
        r.wires.append(wire)
        end = wire.writer.get_extra_info("ssl_object")
        assert end.selected_alpn_protocol() == "http/1.1"
        await wire.send(get())
        assert (await wire.response()).status == 200


async def test_a_connection_too_many_is_told_so_in_its_own_protocol(
    files: CertificateFiles,
) -> None:
    certificate = Certificate(files)
    limits = Limits(connections=1)
    async with rig(secured=lambda: certificate.context, limits=limits) as r:
        first = await connect(r.port, secured=trusting("h2"))
        second = await connect(r.port, secured=trusting("h2"), greet=False)
        assert await second.fate() == 11
        assert second.goaway is not None
        assert second.goaway.additional_data == b"gateway_full"
        await first.close()
        await second.close()


async def test_requests_behind_the_preface_are_served_at_once() -> None:
    async with served(await Pod(answering(OK)).start(), greet=False) as (_, peer):
        await peer.send(PREFACE + SETTINGS + ACKNOWLEDGED + headers(1, fields()))
        assert (await peer.answer(1)).body == b"ok"


async def test_plain_http_2_on_the_port_of_tls(files: CertificateFiles) -> None:
    certificate = Certificate(files)
    async with rig(secured=lambda: certificate.context) as r:
        peer = await connect(r.port)
        await peer.send(headers(1, fields()))
        answer = await peer.answer(1)
        assert answer.heads[0]["x-gateway-error"] == "plain_http"
        await peer.close()
