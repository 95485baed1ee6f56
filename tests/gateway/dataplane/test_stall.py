"""The gateway is held up (stopped, swapped out, starved): nobody else is late by that.

After five seconds of SIGSTOP 26 requests got 504 whose answers had long arrived, and pods were
noted for it. The first thing a late loop does may be its timers, before it has read anything.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import aiohttp
import pytest

from gateway.limits import Limits
from gateway.net.deadlines import TICKS, counted
from shared.service.model import Timeouts
from tests.gateway.fake_cluster import configmap, endpoint_slice, entry, kubeconfig, serving
from tests.gateway.harness import Pod, Rig, Wire, get, post, rig
from tests.gateway.processes import gateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
STALL = 3600.0
"""Seconds, longer than all time-outs here."""


@pytest.fixture
def stall(monkeypatch: pytest.MonkeyPatch) -> Callable[[Rig], None]:
    """Hold the gateway up: the next thing it does is a tick an hour late."""

    def held_up(r: Rig) -> None:
        late = SimpleNamespace(monotonic=lambda: time.monotonic() + STALL, time=time.time)
        monkeypatch.setattr("gateway.dataplane.server.time", late)
        timer = r.gateway._timer
        assert timer is not None
        timer.cancel()
        r.gateway._tick()

    return held_up


class Held:
    """A pod that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[Wire] = []

    async def script(self, wire: Wire) -> None:
        await wire.request()
        self.asked.append(wire)
        await wire.rest()


@pytest.mark.parametrize(
    ("elapsed", "share"),
    [
        (0.0, 1.0),
        (1 / TICKS, 1.0),
        (1.5 / TICKS, 1.0),
        (2.5 / TICKS, 0.4),
        (100 / TICKS, 0.01),
    ],
)
def test_a_late_tick_counts_as_one(elapsed: float, share: float) -> None:
    assert counted(elapsed) == pytest.approx(elapsed * share)


async def test_an_answer_that_arrived_meanwhile_is_passed_on(stall: Callable[[Rig], None]) -> None:
    held = Held()
    async with rig(await Pod(held.script).start(), timeouts=Timeouts(first_byte=30)) as r:
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: bool(held.asked))
        held.asked[0].writer.write(OK)
        stall(r)
        assert (await wire.response()).status == 200
        assert r.state.stats.upstream_errors == {}
        assert not r.state.balancer.candidates[0].ailing


async def test_a_pod_is_given_the_time_that_it_had_left(stall: Callable[[Rig], None]) -> None:
    """It answers after the stall: the kernel may just have stopped it as well."""
    held = Held()
    async with rig(await Pod(held.script).start(), timeouts=Timeouts(first_byte=30)) as r:
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: bool(held.asked))
        stall(r)
        await asyncio.sleep(0.25)
        held.asked[0].writer.write(OK)
        assert (await wire.response()).status == 200


async def test_a_slot_that_came_free_meanwhile_is_used(stall: Callable[[Rig], None]) -> None:
    held = Held()
    pod = await Pod(held.script).start()
    async with rig(pod, concurrency=1, timeouts=Timeouts(queue=30)) as r:
        first, second = await r.connect(), await r.connect()
        await first.send(get())
        await r.until(lambda: bool(held.asked))
        await second.send(get())
        await r.until(lambda: r.state.waiting == 1)
        held.asked[0].writer.write(OK)
        stall(r)
        assert (await first.response()).status == 200
        held.asked[0].writer.write(OK)
        assert (await second.response()).status == 200


async def test_an_answer_goes_on_that_moved_meanwhile(stall: Callable[[Rig], None]) -> None:
    held = Held()
    async with rig(await Pod(held.script).start(), timeouts=Timeouts(idle=30)) as r:
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: bool(held.asked))
        held.asked[0].writer.write(OK[:-1])
        await wire.head()
        held.asked[0].writer.write(OK[-1:])
        stall(r)
        assert await wire.exactly(2) == b"ok"


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (b"", get()),
        (get()[:20], get()[20:]),
        (post(b"x" * 1000)[:-500], b"x" * 500),
        (get() + get()[:20], get()[20:]),
    ],
)
async def test_what_a_client_sent_meanwhile_came_in_time(
    first: bytes, rest: bytes, stall: Callable[[Rig], None]
) -> None:
    """Neither 408 for a head or a body, nor the end of a connection that was idle."""

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await wire.send(OK)

    async with rig(await Pod(script).start(), limits=Limits(keep_alive=20)) as r:
        wire = await r.connect()
        await r.until(lambda: len(r.gateway.connections.open) == 1)
        if first:
            (client,) = r.gateway.connections.open
            await wire.send(first)
            if first.startswith(get()):
                assert (await wire.response()).status == 200
            await r.until(lambda: bool(client.held or client.exchange))
        wire.writer.write(rest)
        stall(r)
        assert (await wire.response()).status == 200


async def test_a_connection_to_a_pod_that_opened_meanwhile_is_used(
    stall: Callable[[Rig], None],
) -> None:
    held = Held()
    async with rig(await Pod(held.script).start(), timeouts=Timeouts(connect=30)) as r:
        wire = await r.connect()
        await wire.send(get())
        while not r.gateway.context.connecting:
            await asyncio.sleep(0)
        stall(r)
        await r.until(lambda: bool(held.asked))
        held.asked[0].writer.write(OK)
        assert (await wire.response()).status == 200
        assert r.log.entries[-1].retries == 0


async def test_a_stopped_process_charges_its_stop_to_nobody(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        asked.append(wire)
        await release.wait()
        await wire.send(OK)

    asked: list[Wire] = []
    pod = await Pod(script).start()
    async with (
        serving() as cluster,
        gateway(kubeconfig(tmp_path, cluster.port)) as process,
        aiohttp.ClientSession() as session,
    ):
        cluster.put("configmaps", configmap("a", timeouts={"first_byte": 3}))
        cluster.put("endpointslices", endpoint_slice("a", entry("127.0.0.1"), port=pod.port))
        url = await process.url("/")
        asking = [asyncio.create_task(_status(session, url)) for _ in range(5)]
        while len(asked) < 5:
            await asyncio.sleep(0.01)
            assert not any(task.done() for task in asking)
        os.kill(process.process.pid, signal.SIGSTOP)
        release.set()
        await asyncio.sleep(3.3)
        os.kill(process.process.pid, signal.SIGCONT)
        assert [await task for task in asking] == [200] * 5
    await pod.stop()


async def _status(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        await answer.read()
        return answer.status


async def test_a_client_that_does_not_read_is_given_the_time_that_it_had_left(
    stall: Callable[[Rig], None],
) -> None:
    size = 32 * 1024 * 1024

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

    async with rig(await Pod(script).start(), limits=Limits(send_time=100)) as r:
        wire = await r.connect()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await wire.send(get())
        await r.until(lambda: len(r.gateway.connections.sending) == 1)
        stall(r)
        wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len((await wire.response()).body) == size
