"""The numbers of the access log, for each way in which a request can end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from gateway.dataplane.drain import drain
from gateway.limits import Limits
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.settings import Drain
from shared.runtime.clock import SystemClock
from shared.service.model import Timeouts
from tests.gateway.harness import TIMEOUT, Pod, Rig, Wire, get, post, rig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gateway.access_log import Entry

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
SWITCHED = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\nhello"
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")
AHEAD = b"/ahead"
"""The path of a request that the others wait for."""
AT_ONCE = Drain(0, 0, 0)


@dataclass
class Told:
    """What must stand in the log."""

    status: int
    reason: str
    source: str = "gateway"
    endpoint: bool = True
    retries: int = 0
    queued: bool = False
    bytes_in: int = len(get())


class Scene:
    """A gateway with one pod, which takes one request at a time and sends what a test tells it."""

    def __init__(self, r: Rig, pods: list[Wire]) -> None:
        self.r = r
        self.pods = pods
        """Connections that brought a request."""
        self.wire: Wire
        """The client's."""

    async def ask(self, request: bytes = get()) -> None:
        self.wire = await self.r.connect()
        await self.wire.send(request)

    async def asked(self, request: bytes = get()) -> Wire:
        """The request has come to the pod."""
        await self.ask(request)
        await self.r.until(lambda: bool(self.pods))
        return self.pods[-1]

    async def queued(self, request: bytes = get()) -> None:
        """The request waits, behind one that is at the pod."""
        await self.asked(get(AHEAD))
        await self.ask(request)
        await self.r.until(lambda: self.r.state.waiting == 1)

    async def begun(self) -> Wire:
        """The answer has begun."""
        pod = await self.asked()
        await pod.send(BEGUN)
        return pod

    async def switched(self) -> Wire:
        """The request is a tunnel, through which eight bytes went."""
        pod = await self.asked(get(b"/", *UPGRADE))
        await pod.send(SWITCHED)
        await self.wire.send(b"12345678")
        await pod.exactly(8)
        (backend,) = self.r.state.balancer.backends.values()
        assert (self.r.state.in_flight, backend.in_flight) == (1, 1)
        return pod

    def expire(self) -> None:
        """The client's time is over."""
        self.connection().within(0.0)

    def connection(self) -> Any:
        """The client's, in the gateway."""
        port = self.wire.writer.get_extra_info("sockname")[1]
        every: list[Any] = list(self.r.gateway.connections.open)
        return next(one for one in every if one.transport.get_extra_info("peername")[1] == port)

    async def whole(self) -> int:
        """The length of the client's answer."""
        answer = await self.wire.response()
        return len(answer.head) + len(answer.body)

    async def part(self, end: bytes) -> int:
        """The length of what the client gets up to `end`."""
        async with asyncio.timeout(TIMEOUT):
            return len(await self.wire.reader.readuntil(end))


async def answered(s: Scene) -> int:
    pod = await s.asked()
    await pod.send(OK)
    return await s.whole()


async def answered_after_a_wait(s: Scene) -> int:
    await s.queued()
    await s.pods[0].send(OK)
    await s.r.until(lambda: len(s.pods) == 2)
    await s.pods[1].send(OK)
    return await s.whole()


async def full(s: Scene) -> int:
    await s.queued(get(AHEAD))
    await s.ask()
    return await s.whole()


async def timed_out_in_the_queue(s: Scene) -> int:
    await s.queued()
    s.expire()
    return await s.whole()


async def stopped_in_the_queue(s: Scene) -> int:
    await s.queued()
    s.r.services.define([ServiceSpec("echo", api_port=8080, concurrency=1, stopped=True)])
    return await s.whole()


async def deleted_in_the_queue(s: Scene) -> int:
    await s.queued()
    s.r.services.define([], ["echo"])
    return await s.whole()


async def left_the_queue(s: Scene) -> int:
    await s.queued()
    await s.wire.close()
    return 0


async def shut_down_in_the_queue(s: Scene) -> int:
    await s.queued()
    over = asyncio.create_task(drain(s.r.gateway, Drain(0, 0, 5), SystemClock()))
    size = await s.whole()
    await over
    return size


async def hopeless(s: Scene) -> int:
    s.r.services.locate("echo", [Endpoint("10.0.0.1", 1, "pod", ready=False)])
    (backend,) = s.r.state.balancer.backends.values()
    backend.born -= 3600
    await s.ask()
    return await s.whole()


async def refused_by_every_pod(s: Scene) -> int:
    s.r.services.locate("echo", [Endpoint("127.0.0.1", 9), Endpoint("127.0.0.1", 10)])
    await s.ask()
    return await s.whole()


async def unanswered(s: Scene) -> int:
    await s.asked()
    s.expire()
    return await s.whole()


async def hung_up_on(s: Scene) -> int:
    pod = await s.asked(post(b"hello"))
    await pod.close()
    return await s.whole()


async def slow_in_its_body(s: Scene) -> int:
    await s.asked(post(b"hello")[:-2])
    s.connection().exchange.upload._since -= 3600
    s.expire()
    return await s.whole()


async def left_before_the_answer(s: Scene) -> int:
    await s.asked()
    await s.wire.close()
    return 0


async def left_in_its_body(s: Scene) -> int:
    await s.asked(post(b"hello")[:-2])
    await s.wire.close()
    return 0


async def left_in_the_answer(s: Scene) -> int:
    await s.begun()
    size = await s.part(b"abc")
    s.wire.reset()
    return size


async def idle_in_the_answer(s: Scene) -> int:
    await s.begun()
    size = await s.part(b"abc")
    s.expire()
    return size


async def cut_by_the_pod(s: Scene) -> int:
    pod = await s.begun()
    size = await s.part(b"abc")
    await pod.close()
    return size


async def shut_down_before_the_answer(s: Scene) -> int:
    await s.asked()
    await drain(s.r.gateway, AT_ONCE, SystemClock())
    assert await s.wire.ended()
    return 0


async def shut_down_in_the_answer(s: Scene) -> int:
    await s.begun()
    size = await s.part(b"abc")
    await drain(s.r.gateway, AT_ONCE, SystemClock())
    assert await s.wire.ended()
    return size


async def ended_by_the_pod(s: Scene) -> int:
    pod = await s.switched()
    await pod.close()
    size = len(await s.wire.rest())
    await s.wire.close()
    return size


async def left_by_the_client(s: Scene) -> int:
    await s.switched()
    size = await s.part(b"hello")
    s.wire.reset()
    return size


async def idle(s: Scene) -> int:
    await s.switched()
    size = await s.part(b"hello")
    s.expire()
    return size


async def shut_down(s: Scene) -> int:
    await s.switched()
    await drain(s.r.gateway, AT_ONCE, SystemClock())
    return len(await s.wire.rest())


POSTED = len(post(b"hello"))
SWITCH = len(get(b"/", *UPGRADE)) + 8


@pytest.mark.parametrize(
    ("course", "told"),
    [
        (answered, Told(200, "", "upstream")),
        (answered_after_a_wait, Told(200, "", "upstream", queued=True)),
        (full, Told(503, "queue_full", endpoint=False)),
        (timed_out_in_the_queue, Told(503, "queue_timeout", endpoint=False, queued=True)),
        (stopped_in_the_queue, Told(503, "stopped", endpoint=False, queued=True)),
        (deleted_in_the_queue, Told(404, "unknown_service", endpoint=False, queued=True)),
        (left_the_queue, Told(499, "client_gone", endpoint=False, queued=True)),
        (shut_down_in_the_queue, Told(503, "shutting_down", endpoint=False, queued=True)),
        (hopeless, Told(502, "not_ready", endpoint=False)),
        (refused_by_every_pod, Told(502, "connect_failed", retries=1)),
        (unanswered, Told(504, "first_byte_timeout")),
        (hung_up_on, Told(502, "upstream_closed", bytes_in=POSTED)),
        (slow_in_its_body, Told(408, "request_timeout", bytes_in=POSTED - 2)),
        (left_before_the_answer, Told(499, "client_gone")),
        (left_in_its_body, Told(499, "client_gone", bytes_in=POSTED - 2)),
        (left_in_the_answer, Told(200, "client_gone", "upstream")),
        (idle_in_the_answer, Told(200, "idle_timeout", "upstream")),
        (cut_by_the_pod, Told(200, "upstream_closed", "upstream")),
        (shut_down_before_the_answer, Told(503, "shutting_down")),
        (shut_down_in_the_answer, Told(200, "shutting_down", "upstream")),
        (ended_by_the_pod, Told(101, "", "upstream", bytes_in=SWITCH)),
        (left_by_the_client, Told(101, "", "upstream", bytes_in=SWITCH)),
        (idle, Told(101, "idle_timeout", "upstream", bytes_in=SWITCH)),
        (shut_down, Told(101, "shutting_down", "upstream", bytes_in=SWITCH)),
    ],
)
async def test_the_log_tells_how_a_request_ended(
    course: Callable[[Scene], Awaitable[int]], told: Told
) -> None:
    pods: list[Wire] = []

    async def script(wire: Wire) -> None:
        while True:
            await wire.head()
            pods.append(wire)
            if course is not answered_after_a_wait:
                await asyncio.Event().wait()

    timeouts = Timeouts(connect=1, first_byte=60, idle=60, queue=60)
    limits = Limits(queue=1, linger=0.1)
    pod = await Pod(script).start()
    async with rig(pod, limits=limits, concurrency=1, timeouts=timeouts) as r:
        state = r.state
        bytes_out = await course(Scene(r, pods))
        await r.until(lambda: bool(_entries(r)))
        (entry,) = _entries(r)
        _check(entry, told)
        assert entry.bytes_out == bytes_out
    assert state.stats.bytes_in == sum(one.bytes_in for one in r.log.entries)
    assert state.stats.bytes_out == sum(one.bytes_out for one in r.log.entries)
    assert (state.in_flight, state.waiting, state.stats.tunnels) == (0, 0, 0)
    assert state.admission.arrivals == len(r.log.entries)
    waits = sum(one.queue_wait for one in r.log.entries)
    assert state.stats.queue_wait.total == pytest.approx(waits)


def _entries(r: Rig) -> list[Entry]:
    return [one for one in r.log.entries if AHEAD.decode() not in one.target]


def _check(entry: Entry, told: Told) -> None:
    assert (entry.status, entry.reason, entry.source) == (told.status, told.reason, told.source)
    assert bool(entry.endpoint) is told.endpoint
    assert entry.retries == told.retries
    assert entry.bytes_in == told.bytes_in
    assert (0 < entry.queue_wait <= entry.duration) if told.queued else entry.queue_wait == 0
    if told.source == "upstream":
        assert entry.queue_wait <= entry.first_byte <= entry.duration
    else:
        assert entry.first_byte == -1
    assert entry.request_id
    assert (entry.client, entry.service) == ("127.0.0.1", "echo")


LONG = b"x" * 40_000


@pytest.mark.parametrize(
    ("sent", "status", "reason", "shown"),
    [
        (
            b"GET /a?token=s HTTP/1.1\r\nHo",
            408,
            "request_timeout",
            ("GET", "/a?token=s", "HTTP/1.1"),
        ),
        (b"GET /a", 408, "request_timeout", ("GET", "/a", "")),
        (b"GET /" + LONG, 414, "line_too_long", ("GET", "/" + "x" * 1019, "")),
        (b"GET / HTTP/1.1\r\nA: " + LONG, 431, "head_too_large", ("GET", "/", "HTTP/1.1")),
        (b"GET / HTTP/1.1\nHost: h\n", 400, "bad_request", ("GET", "/", "HTTP/1.1\nHost: h\n")),
    ],
)
async def test_a_head_that_did_not_become_one_has_a_line_and_an_id(
    sent: bytes, status: int, reason: str, shown: tuple[str, str, str]
) -> None:
    """nginx logs them as well, with what came of the request line."""
    async with rig() as r:
        wire = await r.connect()
        await wire.send(sent)
        if status == 408:
            await r.until(lambda: [one.held for one in r.gateway.connections.open] == [sent])
            (client,) = r.gateway.connections.open
            client.within(0.0)
        answer = await wire.response()
        (entry,) = r.log.entries
        assert answer.status == entry.status == status
        assert answer.fields[b"x-request-id"].decode() == entry.request_id != ""
        assert (entry.method, entry.target, entry.protocol) == shown
        assert (entry.source, entry.reason, entry.client) == ("gateway", reason, "127.0.0.1")
        assert entry.bytes_in <= len(sent)
        assert entry.bytes_out == len(answer.head) + len(answer.body)
        assert (entry.first_byte, entry.queue_wait, entry.endpoint) == (-1, 0, "")
        assert entry.duration == pytest.approx(10 if status == 408 else 0, abs=5)
        assert r.stats.service("_unknown").requests == {("OTHER", status, "gateway"): 1}


async def test_a_whole_head_that_is_none_is_shown_by_its_first_line() -> None:
    async with rig() as r:
        await r.ask(b"GET /a?token=s HTTP/1.1\r\nHost: h h\r\n\r\n")
        (entry,) = r.log.entries
        assert (entry.method, entry.target, entry.protocol) == ("GET", "/a?token=s", "HTTP/1.1")
        assert (entry.status, entry.reason) == (400, "bad_request")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(connections=1), "gateway_full"),
        (Limits(connections_per_address=1), "too_many_connections"),
    ],
)
async def test_a_connection_too_many_has_a_line_and_an_id(limits: Limits, reason: str) -> None:
    async with rig(limits=limits) as r:
        await r.connect()
        answer = await (await r.connect()).response()
        (entry,) = r.log.entries
        assert answer.fields[b"x-request-id"].decode() == entry.request_id
        assert (entry.reason, entry.duration, entry.bytes_in) == (reason, 0, 0)
