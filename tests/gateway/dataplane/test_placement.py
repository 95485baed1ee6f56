"""Pods that fail: what is tried again, what the client is told, who is left out."""

from __future__ import annotations

import asyncio

import pytest

from gateway.limits import Limits
from shared.service.model import Timeouts
from tests.gateway.harness import TIMEOUT, Pod, Wire, answering, echo, get, post, rig

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_a_closed_port_is_502_and_names_the_port_to_check() -> None:
    pod = await Pod(echo).start()
    await pod.stop()
    async with rig(pod, api_port=4578) as r:
        response = await r.ask(get())
        assert response.status == 502
        assert b"4578" in response.body
        assert b"expose.api_port" in response.body
        await r.balanced()


async def test_an_unreachable_pod_is_tried_elsewhere() -> None:
    dead = await Pod(echo).start()
    await dead.stop()
    async with rig(dead, await Pod(echo).start()) as r:
        for _ in range(64):  # each goes to either pod by chance
            assert (await r.ask(post(b"x"))).status == 200
            if r.state.stats.retries:
                break
        assert r.state.stats.retries == {"connect_failed": 1}
        await r.balanced()


async def test_only_repeatable_requests_are_sent_twice() -> None:
    async def dying(wire: Wire) -> None:
        await wire.request()

    async with rig(await Pod(dying).start(), await Pod(dying).start()) as r:
        assert (await r.ask(post(b"x"))).status == 502
        assert r.state.stats.retries == {}
        assert (await r.ask(get())).status == 502
        assert r.state.stats.retries == {"upstream_closed": 1}
        await r.balanced()


async def test_a_connection_that_died_idle_is_replaced() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        if pod.connections == 1:
            await wire.head()
            wire.reset()
        else:
            await wire.request()

    pod = await Pod(script).start()
    async with rig(pod) as r:
        assert (await r.ask(get())).status == 200
        assert (await r.ask(get())).status == 200
        assert pod.connections == 2
        assert r.state.balancer.candidates[0].failures == 0


async def test_a_retry_sends_the_body_again() -> None:
    async def dying(wire: Wire) -> None:
        await wire.request()

    body = b"b" * 5000
    request = get(b"/", b"Content-Length: 5000", method=b"PUT")
    async with rig(await Pod(dying).start(), await Pod(echo).start()) as r:
        for _ in range(6):
            wire = await r.connect()
            await wire.send(request + body[:100], body[100:])
            assert (await wire.response()).body.endswith(body)


async def test_time_outs_name_themselves() -> None:
    gone = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.ended()
        gone.set()

    async with rig(await Pod(script).start(), timeouts=Timeouts(first_byte=0.2)) as r:
        answer = await r.ask(get())
        assert answer.status == 504
        assert answer.fields[b"x-gateway-error"] == b"first_byte_timeout"
        assert b"expose.timeouts.first_byte" in answer.body
        await asyncio.wait_for(gone.wait(), TIMEOUT)
        await r.balanced()


async def test_an_answer_that_stops_moving_is_cut_off() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        await wire.reader.read()

    async with rig(await Pod(script).start(), timeouts=Timeouts(idle=0.2)) as r:
        wire = await r.connect()
        await wire.send(get())
        await wire.head()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await wire.exactly(10)
        await r.balanced()
        assert r.log.entries[-1].reason == "idle_timeout"


async def test_a_sick_pod_is_left_out_but_never_the_last_one() -> None:
    sick = await Pod(answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")).start()
    limits = Limits(ejection_failures=3, ejection_pause=60)
    async with rig(sick, await Pod(answering(OK)).start(), limits=limits) as r:
        statuses = [(await r.ask(get())).status for _ in range(40)]
        assert statuses.count(500) == 3
        assert r.state.stats.ejections == 1
        r.services.locate("echo", [sick.endpoint])
        assert (await r.ask(get())).status == 500


@pytest.mark.parametrize("phase", ["head", "body", "answer", "answer head", "answer body"])
@pytest.mark.parametrize("way", ["close", "reset"])
async def test_a_pod_that_dies_leaves_nothing_behind(phase: str, way: str) -> None:
    async def script(wire: Wire) -> None:
        if phase != "head":
            await wire.head()
        if phase == "answer":
            await wire.exactly(10)
        if phase == "answer head":
            await wire.send(b"HTTP/1.1 200 ")
        if phase == "answer body":
            await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        if way == "reset":
            wire.reset()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 10", method=b"POST"))
        if phase == "answer":
            await wire.send(b"0123456789")
        if phase == "answer body":
            await wire.head()
            await wire.ended()
        else:
            assert (await wire.response()).status == 502
        await r.balanced()
        assert r.state.stats.upstream_errors == {"upstream_closed": 1}
