"""The wait for a slot: what ends it, and that it is told to whoever asks later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.services.spec import ServiceSpec
from shared.service.model import Timeouts
from tests.gateway.harness import Pod, Wire, get, rig

if TYPE_CHECKING:
    from tests.gateway.harness import Rig


async def busy(wire: Wire) -> None:
    """Takes a request, and never answers."""
    await wire.head()
    await wire.reader.read()


def exchanges(r: Rig) -> list[Any]:
    """The clients that wait for an answer."""
    return [one for one in r.gateway.connections.open if one.exchange is not None]


async def queued(r: Rig) -> Wire:
    """Put a second request in the queue of a service whose pod takes one at a time."""
    await (await r.connect()).send(get())
    await r.until(lambda: r.state.in_flight == 1)
    wire = await r.connect()
    await wire.send(get())
    await r.until(lambda: r.state.waiting == 1)
    return wire


@pytest.mark.parametrize("end", ["leaves", "times out", "stopped"])
async def test_the_log_tells_how_long_a_request_waited_that_got_no_slot(end: str) -> None:
    timeouts = Timeouts(queue=0.2 if end == "times out" else 60)
    spec = ServiceSpec("echo", api_port=8080, concurrency=1, timeouts=timeouts, stopped=True)
    async with rig(await Pod(busy).start(), concurrency=1, timeouts=timeouts) as r:
        wire = await queued(r)
        if end == "leaves":
            await wire.close()
        elif end == "stopped":
            r.services.define([spec])
        await r.until(lambda: len(r.log.entries) == 1)
        (entry,) = r.log.entries
        assert entry.status == (499 if end == "leaves" else 503)
        assert entry.endpoint == ""
        assert 0 < entry.queue_wait <= entry.duration
        observed = r.state.stats.queue_wait
        assert (sum(observed.counts), observed.total) == (1, entry.queue_wait)


async def test_the_log_tells_how_long_a_request_waited_that_got_a_slot() -> None:
    async with rig(await Pod(busy).start(), concurrency=1) as r:
        wire = await queued(r)
        first = r.wires[0]
        await first.close()
        await r.until(lambda: r.state.waiting == 0 and r.state.in_flight == 1)
        await wire.close()
        await r.balanced()
        assert [entry.queue_wait > 0 for entry in r.log.entries] == [False, True]
        assert r.log.entries[1].queue_wait == r.state.stats.queue_wait.total


async def test_a_client_is_read_again_whose_body_was_kept_for_a_slot_that_did_not_come() -> None:
    async with rig(await Pod(busy).start(), concurrency=1) as r:
        await (await r.connect()).send(get())
        await r.until(lambda: r.state.in_flight == 1)
        wire = await r.connect()
        window = r.gateway.context.limits.window
        await wire.send(get(b"/", b"Content-Length: %d" % (window + 1), method=b"POST"))
        await r.until(lambda: r.state.waiting == 1)
        await wire.send(bytes(window))
        [client] = [one for one in exchanges(r) if one.exchange.upload is not None]
        body = client.exchange.upload.body
        await r.until(lambda: body.size == window)
        await wire.send(b"x")
        await r.until(lambda: body.done)
        client.within(0.0)
        assert (await wire.response()).status == 503
        await wire.send(get())
        await r.until(lambda: r.state.waiting == 1)


async def test_a_slot_that_comes_in_the_last_moment_is_used() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        if pod.connections == 1:
            await wire.rest()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    pod = await Pod(script).start()
    async with rig(pod, concurrency=1) as r:
        first = await r.connect()
        await first.send(get())
        await r.until(lambda: r.state.in_flight == 1)
        second = await r.connect()
        await second.send(get())
        await r.until(lambda: r.state.waiting == 1)
        for client in sorted(exchanges(r), key=lambda one: one.exchange.started):
            client.within(0.0)
        assert (await first.response()).status == 504
        assert (await second.response()).status == 200
        await r.balanced()
