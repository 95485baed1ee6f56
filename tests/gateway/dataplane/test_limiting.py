"""`expose.rate_limit` on real sockets: who is refused, what it is told, and what that costs."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from dataclasses import replace
from ipaddress import ip_network

import pytest

from gateway.limits import Identity
from shared.service.model import RateLimit
from tests.gateway.harness import DIGEST, TOKEN, Pod, Wire, answering, echo, get, post, rig
from tests.gateway.http2.peer import fields, headers
from tests.gateway.http2.served import served

HOUR = 3600
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PROXY = Identity(trusted=(ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8")))
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")
FAIR = 1e4
"""So many requests a second are more than any test sends."""


def once(per: str = "address", number: int = 1) -> tuple[RateLimit, ...]:
    return (RateLimit(number, HOUR, per=per),)  # type: ignore[arg-type]


async def test_one_too_many_is_told_so_and_keeps_its_connection() -> None:
    pod = await Pod(answering(OK)).start()
    async with rig(pod, rate_limit=once(number=2)) as made:
        wire = await made.connect()
        for left in (b"1", b"0"):
            await wire.send(get())
            answer = await wire.response()
            assert answer.status == 200
            assert answer.fields[b"ratelimit-policy"] == b'"address";q=2;w=3600'
            assert answer.fields[b"ratelimit"].startswith(b'"address";r=%b;t=' % left)
        for request in (get(), post(b"body"), get(b"/x")):
            await wire.send(request)
            answer = await wire.response()
            assert answer.status == 429
            assert answer.fields[b"x-gateway-error"] == b"rate_limited"
            assert 0 < int(answer.fields[b"retry-after"]) <= HOUR // 2
            assert answer.fields[b"ratelimit"].startswith(b'"address";r=0;t=')
            assert b"connection" not in answer.fields
            told = json.loads(answer.body)
            assert "at most 2 an hour from one address" in told["error"]
            assert "expose.rate_limit" in told["remedy"]
        assert made.state.admission.arrivals == 2, "the scaler sees no demand in what is refused"
        assert made.state.stats.refusals == {("rate_limited", 429): 3}
        assert [one.reason for one in made.log.entries] == ["", "", *["rate_limited"] * 3]
        await made.balanced()


async def test_what_is_not_let_in_anyway_counts_for_nobody() -> None:
    """An attacker without the token cannot use up what its owner may send."""
    pod = await Pod(answering(OK)).start()
    good = b"Authorization: Bearer " + TOKEN.encode()
    async with rig(pod, set_auth=True, digest=DIGEST, rate_limit=once("service")) as made:
        for line in (b"X: y", b"Authorization: Bearer wrong"):
            for _ in range(3):
                assert (await made.ask(get(b"/", line))).status == 401
        assert (await made.ask(get(b"/", good))).status == 200
        assert (await made.ask(get(b"/", good))).status == 429
        assert (await made.ask(get(b"/", b"X: y"))).status == 401


async def test_a_refused_request_wakes_nothing() -> None:
    async with rig(rate_limit=once()) as made:
        wire = await made.connect()
        await wire.send(get(b"/", b"Prefer: wait=0"))
        assert (await wire.response()).fields[b"x-gateway-error"] == b"starting"
        made.services.wakes.refresh()
        ended = made.state.admission.ended
        assert (await made.ask(get())).fields[b"x-gateway-error"] == b"rate_limited"
        assert made.state.admission.ended == ended
        assert made.state.waiting == 0


async def test_streams_and_tunnels_are_in_flight_until_they_end() -> None:
    async def script(wire: Wire) -> None:
        request = await wire.request()
        if b"upgrade" in request.fields:
            await wire.send(
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                b"Upgrade: websocket\r\n\r\n"
            )
        else:
            await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        await wire.rest()

    pod = await Pod(script).start()
    async with rig(pod, rate_limit=(RateLimit(FAIR, in_flight=2),)) as made:
        stream, tunnel = await made.connect(), await made.connect()
        await stream.send(get())
        assert (await stream.head()).startswith(b"HTTP/1.1 200")
        await tunnel.send(get(b"/", *UPGRADE))
        assert (await tunnel.head()).startswith(b"HTTP/1.1 101")
        for lines in ((), UPGRADE):
            answer = await made.ask(get(b"/", *lines))
            assert (answer.status, answer.fields[b"retry-after"]) == (429, b"1")
        for ended in (stream, tunnel):
            await ended.close()
            await made.until(lambda: made.state.in_flight < 2)
            ended = await made.connect()
            await ended.send(get(b"/", *UPGRADE))
            assert (await ended.head()).startswith(b"HTTP/1.1 101")


@pytest.mark.parametrize("body", [b"", b"3\r\nabc\r\n0\r\n\r\n"], ids=["beginning", "whole"])
async def test_a_body_that_is_still_to_come_is_not_waited_for(body: bytes) -> None:
    pod = await Pod(echo).start()
    async with rig(pod, rate_limit=once()) as made:
        assert (await made.ask(get())).status == 200
        wire = await made.connect()
        chunked = get(b"/", b"Transfer-Encoding: chunked", method=b"POST")
        await wire.send(chunked + body)
        answer = await wire.response()
        assert answer.status == 429
        assert (answer.fields.get(b"connection") == b"close") == (not body)


async def test_a_trusted_proxy_is_not_taken_for_its_clients() -> None:
    pod = await Pod(answering(OK)).start()
    async with rig(pod, identity=PROXY, rate_limit=once()) as made:

        async def status(told: bytes) -> int:
            return (await made.ask(get(b"/", b"X-Forwarded-For: " + told))).status

        assert await status(b"192.0.2.1") == 200
        assert await status(b"192.0.2.1") == 429
        assert await status(b"192.0.2.9, 192.0.2.1") == 429, "what clients write themselves"
        assert await status(b"192.0.2.1, 10.0.0.5") == 429, "another proxy is passed over"
        assert await status(b"192.0.2.2:4711") == 200
        assert await status(b"2001:db8:0:1::1") == 200
        assert await status(b"[2001:db8:0:1:ffff::2]:99") == 429, "of one network of 64 bits"
        assert await status(b"2001:db8:0:2::1") == 200


async def test_nobody_else_is_believed() -> None:
    pod = await Pod(answering(OK)).start()
    async with rig(pod, rate_limit=once()) as made:
        assert (await made.ask(get(b"/", b"X-Forwarded-For: 192.0.2.1"))).status == 200
        assert (await made.ask(get(b"/", b"X-Forwarded-For: 192.0.2.2"))).status == 429


async def test_an_application_s_own_tokens_are_callers_where_the_limit_is_per_token() -> None:
    pod = await Pod(answering(OK)).start()
    async with rig(pod, rate_limit=once("token")) as made:

        async def status(*lines: bytes) -> int:
            return (await made.ask(get(b"/", *lines))).status

        basic = b"Authorization: Basic " + b64encode(b"me:one")
        assert await status(b"Authorization: Bearer one") == 200
        assert await status(b"Authorization: Bearer one", b"X: other head") == 429
        assert await status(b"Authorization: Bearer two") == 200
        assert await status(basic) == 429, "the secret counts, not how it is sent"
        assert await status() == 200
        assert await status() == 429


async def test_a_limit_that_is_taken_back_holds_no_longer() -> None:
    pod = await Pod(answering(OK)).start()
    async with rig(pod, rate_limit=once()) as made:
        route = made.services.table.find("echo")
        assert route is not None
        wire = await made.connect()
        for status in (200, 429):
            await wire.send(get())
            assert (await wire.response()).status == status
        made.services.define([replace(route.spec, rate_limit=())])
        for _ in range(3):
            await wire.send(get())
            answer = await wire.response()
            assert (answer.status, answer.fields.get(b"ratelimit")) == (200, None)


async def test_heads_that_differ_in_who_sends_them_are_never_taken_for_one_another() -> None:
    """Many of one shape on one connection, so that the gateway remembers what it can of them."""
    limits = (*once("token"), *once())
    pod = await Pod(answering(OK)).start()
    async with rig(pod, identity=PROXY, rate_limit=limits) as made:
        wire = await made.connect()
        for status in (200, 429):
            for number in range(40):
                lines = (
                    b"X-Varies: %d" % number,
                    b"X-Forwarded-For: 192.0.2.%d" % number,
                    b"Authorization: Bearer t%d" % number,
                )
                await wire.send(post(b"x" * number, b"/", *lines))
                assert (await wire.response()).status == status
        await wire.send(post(b"", b"/", lines[1], b"Authorization: Bearer new"))
        assert (await wire.response()).status == 429
        await wire.send(post(b"", b"/", b"X-Forwarded-For: 192.0.2.99", lines[2]))
        assert (await wire.response()).status == 429


async def test_streams_of_http_2_are_requests_as_any() -> None:
    release = asyncio.Event()

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await release.wait()
            await wire.send(OK)

    limits = (RateLimit(6, HOUR, in_flight=3),)
    async with served(await Pod(script).start(), rate_limit=limits) as (made, peer):
        await peer.send(b"".join(headers(number, fields()) for number in (1, 3, 5, 7)))
        refused = await peer.answer(7)
        assert refused.status == 429
        assert refused.heads[0]["retry-after"] == "1"
        release.set()
        for number in (1, 3, 5):
            answer = await peer.answer(number)
            assert answer.status == 200
            assert answer.heads[0]["ratelimit"].startswith('"address";r=')
        await peer.send(b"".join(headers(number, fields()) for number in (9, 11, 13)))
        assert [(await peer.answer(number)).status for number in (9, 11, 13)] == [200] * 3
        await peer.send(headers(15, fields()))
        assert (await peer.answer(15)).heads[0]["x-gateway-error"] == "rate_limited"
        assert made.state.stats.refusals == {("rate_limited", 429): 2}
