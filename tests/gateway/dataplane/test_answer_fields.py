"""Fields and statuses of pods that mean something to the connection, or that only we may say."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

import pytest

from gateway.protocol.responses import date_line
from shared.service.model import Timeouts
from tests.gateway.harness import Pod, Wire, answering, get, rig

EMPTY = b"Content-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + EMPTY


@pytest.mark.parametrize("status", [b"200 OK", b"304 Not Modified", b"500 Oops"])
async def test_date_is_added_where_a_pod_sends_none(status: bytes) -> None:
    """RFC 9110, section 6.6.1, has a recipient with a clock add it; nginx and Caddy do."""
    async with rig(await Pod(answering(b"HTTP/1.1 " + status + b"\r\n" + EMPTY)).start()) as r:
        for _ in range(3):
            answer = await r.ask(get())
            assert parsedate_to_datetime(answer.fields[b"date"].decode()).tzinfo is not None


async def test_a_pods_own_date_stays() -> None:
    date = b"date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    async with rig(await Pod(answering(b"HTTP/1.1 200 OK\r\n" + date + EMPTY)).start()) as r:
        assert (await r.ask(get())).fields[b"date"] == b"Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize("request_bytes", [b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n", b"BAD\r\n\r\n"])
async def test_our_own_answers_have_a_date(request_bytes: bytes) -> None:
    async with rig() as r:
        assert b"date" in (await r.ask(request_bytes)).fields


async def test_the_bytes_of_a_head_that_cannot_be_read_get_a_date_too() -> None:
    async with rig() as r:
        assert b"date" in (await r.ask(b"GET / HTTP/1.1\nHost: h\n\n")).fields


def test_the_line_of_a_date() -> None:
    assert date_line(784111777.9) == b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"


@pytest.mark.parametrize(
    ("line", "connection"), [((), b"upgrade"), ((b"Connection: close",), b"upgrade, close")]
)
async def test_426_names_the_protocol_that_is_required(
    line: tuple[bytes, ...], connection: bytes
) -> None:
    """RFC 9110, section 15.5.22: Upgrade must be sent, and section 7.8: Connection lists it."""
    head = b"HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    async with rig(await Pod(answering(head + EMPTY)).start()) as r:
        answer = await r.ask(get(b"/", *line))
        assert answer.fields[b"upgrade"] == b"websocket"
        assert answer.fields[b"connection"] == connection


@pytest.mark.parametrize(
    "name", [b"X-Gateway-Error", b"x-gateway-error", b"X_Gateway_Error", b"X-Gateway-Error "]
)
@pytest.mark.parametrize("status", [b"200 OK", b"502 Bad Gateway"])
async def test_only_the_gateway_says_that_the_gateway_failed(name: bytes, status: bytes) -> None:
    head = b"HTTP/1.1 " + status + b"\r\n" + name + b": connect_failed\r\n"
    async with rig(await Pod(answering(head + EMPTY)).start()) as r:
        answer = await r.ask(get())
        assert b"gateway-error" not in answer.head.lower().replace(b"_", b"-")


async def test_an_interim_answer_renews_the_time_to_the_first_byte() -> None:
    """102 says that the pod works on it (RFC 2518, section 10.1); nginx reads on as well."""
    later = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await later.wait()
        await wire.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await wire.ended()

    async with rig(await Pod(script).start(), timeouts=Timeouts(first_byte=1000)) as r:
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: r.state.in_flight == 1)
        (client,) = r.gateway.connections.open
        await r.until(lambda: client.deadline > r.gateway.context.now + 900)
        client.within(5.0)  # as if most of the time had gone by
        later.set()
        await wire.head()
        assert client.deadline > r.gateway.context.now + 900


@pytest.mark.parametrize("scheme", [b"NTLM", b"Negotiate", b"ntlm TlRMTVNT", b"negotiate YII="])
async def test_a_connection_that_was_logged_in_serves_nobody_else(scheme: bytes) -> None:
    """NTLM and RFC 4559 log a connection in, not a request: nginx shares it among its clients,
    HAProxy keeps it for one."""

    async def script(wire: Wire) -> None:
        challenge = b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic, " + scheme + b"\r\n" + EMPTY
        while True:
            request = await wire.request()
            authorised = b"authorization" in request.fields
            await wire.send(OK if authorised else challenge)

    pod = await Pod(script).start()
    async with rig(pod) as r:
        assert (await r.ask(get())).status == 401
        assert (await r.ask(get(b"/", b"Authorization: " + scheme))).status == 200
        assert (await r.ask(get())).status == 401
        assert pod.connections == 3
        await r.balanced()
        assert not r.state.balancer.candidates[0].idle


@pytest.mark.parametrize(
    ("method", "status"), [(b"HEAD", b"200 OK"), (b"GET", b"204 No"), (b"GET", b"304 Same")]
)
async def test_a_late_body_where_none_may_be_reaches_nobody(method: bytes, status: bytes) -> None:
    """1 754 of 10 870 answers of a hostile trial were another's, here and behind nginx."""

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 4\r\n\r\n")
        await asyncio.sleep(0)
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        await wire.ended()

    pod = await Pod(script).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(10):
            await wire.send(get(method=method))
            answer = await wire.response(bodyless=True)
            assert (answer.status, b"evil" in answer.head) == (int(status[:3]), False)
        assert pod.connections == 10
