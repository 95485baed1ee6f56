"""Connections of HTTP/2 to pods: one attempt for all who wait."""

from __future__ import annotations

import asyncio
import socket

from gateway.http2 import frames
from gateway.services.spec import Endpoint
from shared.service.model import Timeouts
from tests.gateway.h2_pod import H2Wire, echoing, h2_pod
from tests.gateway.harness import Pod, Wire, get, post, rig


async def test_who_leaves_does_not_end_the_attempt_of_others() -> None:
    go = asyncio.Event()

    async def slow(wire: Wire) -> None:
        await go.wait()
        pod = H2Wire(wire)
        await pod.begin()
        await echoing(pod)

    pod = Pod(slow)
    async with rig(await pod.start(), protocol="h2c", timeouts=Timeouts(connect=10)) as r:
        leaving = await r.connect()
        await leaving.send(get())
        await r.until(lambda: r.state.in_flight == 1)
        staying = asyncio.ensure_future(r.ask(get()))
        await r.until(lambda: r.state.in_flight == 2)
        await leaving.close()
        await r.until(lambda: r.state.in_flight == 1)
        go.set()
        assert (await staying).status == 200
        assert pod.connections == 1
        await r.balanced()


async def test_an_attempt_that_fails_fails_for_all() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = Endpoint("127.0.0.1", closed.getsockname()[1])
        async with rig(protocol="h2c", timeouts=Timeouts(connect=1)) as r:
            r.services.locate("echo", [endpoint])
            answers = await asyncio.gather(*(r.ask(post(b"")) for _ in range(20)))
            assert {answer.status for answer in answers} == {502}
            (backend,) = r.state.balancer.backends.values()
            assert backend.opening is None
            await r.balanced()


async def test_where_all_streams_are_in_use_another_connection_is_opened() -> None:
    pod = h2_pod(echoing, {frames.MAX_CONCURRENT_STREAMS: 1})
    async with rig(await pod.start(), protocol="h2c") as r:
        answers = await asyncio.gather(*(r.ask(post(b"x" * 1000)) for _ in range(5)))
        assert {answer.status for answer in answers} == {200}
        assert 1 <= pod.connections <= 5
        await r.balanced()
