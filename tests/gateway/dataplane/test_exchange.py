"""One request's life on real sockets: the order of the steps, and every way it can end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.limits import Limits
from shared.service.model import Timeouts
from tests.gateway.harness import (
    DIGEST,
    PREFIX,
    TIMEOUT,
    TOKEN,
    Pod,
    Wire,
    answering,
    echo,
    get,
    post,
    rig,
)
from tests.waiting import still

UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_passes_a_request_without_its_prefix_and_the_answer_back() -> None:
    async with rig(await Pod(echo).start()) as r:
        answer = await r.ask(get(b"/a//b%2Fc/?q=%20x;y", b"X-Own: kept"))
        assert answer.status == 200
        head = answer.body.split(b"\r\n")
        assert head[:2] == [b"GET /a//b%2Fc/?q=%20x;y HTTP/1.1", b"Host: gateway.test"]
        assert b"X-Own: kept" in head
        assert b"X-Forwarded-Prefix: " + PREFIX in head
        assert b"X-Forwarded-For: 127.0.0.1" in head
        assert b"Forwarded: for=127.0.0.1;proto=http;host=gateway.test" in head
        assert answer.fields[b"via"] == b"1.1 oscar-gateway"
        assert b"X-Request-Id: " + answer.fields[b"x-request-id"] in head
        await r.balanced()


async def test_each_request_has_an_id_of_its_own() -> None:
    async with rig(await Pod(echo).start()) as r:
        wire = await r.connect()
        seen = set()
        for _ in range(3):
            await wire.send(get())
            seen.add((await wire.response()).fields[b"x-request-id"])
        assert len(seen) == 3


async def test_no_trace_is_begun_for_an_application_that_begins_its_own() -> None:
    """OpenTelemetry's usual sampler obeys its parent: one that is not sampled switches it off."""
    async with rig(await Pod(echo).start()) as r:
        for request in (get(), get(b"/", b"X-Request-Id: mine"), post(b"body")):
            head = (await r.ask(request)).body.lower()
            assert b"trace" not in head
            assert b"b3:" not in head
        sampled = b"traceparent: 00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"
        lines = (await r.ask(get(b"/", sampled, b"tracestate: v=1"))).body.split(b"\r\n")
        assert lines.count(sampled) == 1
        assert b"tracestate: v=1" in lines


async def test_keeps_connections_on_both_sides() -> None:
    pod = await Pod(echo).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for number in range(5):
            await wire.send(get(b"/%d" % number))
            assert (await wire.response()).status == 200
        assert pod.connections == 1


async def test_pipelined_requests_are_answered_in_order() -> None:
    pod = await Pod(echo).start()
    async with rig(pod) as r:
        wire = await r.connect()
        await wire.send(b"".join(get(b"/%d" % number) for number in range(20)))
        for number in range(20):
            assert (await wire.response()).body.startswith(b"GET /%d " % number)
        assert pod.connections == 1


async def test_pipelined_refusals_do_not_pile_up_on_the_stack() -> None:
    async with rig() as r:
        wire = await r.connect()
        await wire.send(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n" * 2000)
        for _ in range(2000):
            assert (await wire.response()).status == 404


@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_000])
async def test_bodies_pass_both_ways(size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    async with rig(await Pod(echo).start()) as r:
        answer = await r.ask(post(body))
        assert answer.body.endswith(body)
        assert len(answer.body) > size


async def test_chunks_pass_both_ways_without_extensions_and_trailers() -> None:
    async def script(wire: Wire) -> None:
        head = await wire.head()
        assert b"Transfer-Encoding: chunked" in head
        assert await wire.exactly(15) == b"5\r\nhello\r\n0\r\n\r\n"
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await wire.send(b"3;x=y\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n")
        await wire.reader.read()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(
            get(b"/", b"Transfer-Encoding: chunked", method=b"POST"),
            b"5;a=b\r\nhel",
            b"lo\r\n0\r\nX-T: 1\r\n\r\nGET",
        )
        await wire.head()
        assert await wire.exactly(13) == b"3\r\nabc\r\n0\r\n\r\n"


async def test_events_leave_at_once() -> None:
    more = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await wire.send(b"8\r\ndata: 1\n\r\n")
        await more.wait()
        await wire.send(b"8\r\ndata: 2\n\r\n0\r\n\r\n")

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        await wire.head()
        assert await wire.exactly(13) == b"8\r\ndata: 1\n\r\n"
        more.set()
        assert await wire.exactly(18) == b"8\r\ndata: 2\n\r\n0\r\n\r\n"


async def test_head_has_the_length_and_no_body() -> None:
    pod = await Pod(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get(method=b"HEAD"))
            answer = await wire.response(bodyless=True)
            assert answer.fields[b"content-length"] == b"5"
        assert pod.connections == 2


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_bodyless_statuses_keep_the_clients_connection(status: bytes) -> None:
    pod = await Pod(answering(b"HTTP/1.1 " + status + b"\r\nETag: x\r\n\r\n")).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get())
            assert (await wire.response()).status == int(status[:3])
        assert pod.connections == 2


async def test_interim_responses_pass_and_continue_is_the_pods_to_say() -> None:
    async def script(wire: Wire) -> None:
        assert b"Expect: 100-continue" in await wire.head()
        await wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await wire.exactly(4) == b"body"
        await wire.send(OK)
        await wire.reader.read()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 4", b"Expect: 100-continue", method=b"POST"))
        assert (await wire.head()).startswith(b"HTTP/1.1 103 ")
        assert (await wire.head()).startswith(b"HTTP/1.1 100 ")
        await wire.send(b"body")
        assert (await wire.response()).body == b"ok"


async def test_http_1_0_gets_no_chunks_and_no_interim_response() -> None:
    pod = await Pod(
        answering(
            b"HTTP/1.1 103 Early Hints\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )
    ).start()
    async with rig(pod) as r:
        wire = await r.connect()
        await wire.send(b"GET " + PREFIX + b"/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = await wire.response()
        assert answer.fields[b"connection"] == b"close"
        assert b"transfer-encoding" not in answer.fields
        assert answer.body == b"abc"


async def test_http_1_0_may_keep_its_connection_when_the_length_is_known() -> None:
    async with rig(await Pod(answering(OK)).start()) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(b"GET " + PREFIX + b"/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = await wire.response()
            assert answer.fields[b"connection"] == b"keep-alive"
        await wire.send(b"GET " + PREFIX + b"/ HTTP/1.0\r\n\r\n")
        assert (await wire.response()).fields[b"connection"] == b"close"
        assert not await wire.ended()


async def test_a_body_that_ends_with_the_connection_becomes_chunks() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n", b"abc")

    pod = await Pod(script).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get())
            assert (await wire.response()).body == b"abc"
        assert pod.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
    ],
)
async def test_a_truncated_answer_is_never_a_clean_end(answer: bytes) -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(answer)

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        await wire.head()
        rest = wire.chunks() if b"chunked" in answer else wire.exactly(10)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await rest
        await r.balanced()


async def test_a_reset_in_a_body_without_length_is_never_a_clean_end() -> None:
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\nabc")
        await go.wait()
        wire.reset()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        await wire.head()
        assert await wire.exactly(8) == b"3\r\nabc\r\n"
        go.set()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await wire.exactly(1)


async def test_bytes_after_an_answer_end_the_pods_connection() -> None:
    pod = await Pod(answering(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(3):
            await wire.send(get())
            assert (await wire.response()).body == b"ok"
        assert pod.connections == 3


async def test_an_early_answer_is_passed_and_the_connection_closed() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        await wire.reader.read()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 1000000", method=b"POST"), b"x" * 1000)
        answer = await wire.response()
        assert answer.status == 403
        assert answer.fields[b"connection"] == b"close"
        assert await wire.rest() == b""
        await r.balanced()


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000,
    ],
)
async def test_an_answer_that_is_not_http_is_502(answer: bytes) -> None:
    async with rig(await Pod(answering(answer)).start()) as r:
        response = await r.ask(get())
        assert response.status == 502
        assert response.fields[b"x-gateway-error"] == b"upstream_malformed"
        await r.balanced()


class Slow:
    """A pod that answers when it is told."""

    def __init__(self) -> None:
        self.asked = asyncio.Semaphore(0)
        self.go = asyncio.Semaphore(0)

    async def __call__(self, wire: Wire) -> None:
        while True:
            await wire.request()
            self.asked.release()
            await self.go.acquire()
            await wire.send(OK)


async def test_concurrency_holds_requests_back_and_serves_them_in_order() -> None:
    slow = Slow()
    async with rig(await Pod(slow).start(), concurrency=1) as r:
        first, second = await r.connect(), await r.connect()
        await first.send(get())
        await slow.asked.acquire()
        await second.send(get())
        await r.until(lambda: r.state.waiting == 1)
        slow.go.release()
        assert (await first.response()).status == 200
        await slow.asked.acquire()
        slow.go.release()
        assert (await second.response()).status == 200
        await r.balanced()
        r.state.stats.settle()
        waited = r.state.stats.queue_wait.total
        assert waited > 0
        spent = r.state.admission.request_seconds(0.0)
        assert 0 < spent <= r.state.stats.duration.total - waited + 1e-6


async def test_a_full_queue_and_a_long_wait_are_503() -> None:
    slow = Slow()
    timeouts = Timeouts(queue=1)
    async with rig(
        await Pod(slow).start(), concurrency=1, timeouts=timeouts, limits=Limits(queue=1)
    ) as r:
        first, second = await r.connect(), await r.connect()
        await first.send(get())
        await slow.asked.acquire()
        await second.send(get())
        await r.until(lambda: r.state.waiting == 1)
        full = await r.ask(get())
        assert full.fields[b"x-gateway-error"] == b"queue_full"
        assert b"retry-after" in full.fields
        late = await second.response()
        assert late.status == 503
        assert late.fields[b"x-gateway-error"] == b"queue_timeout"
        slow.go.release()
        assert (await first.response()).status == 200
        await r.balanced()


async def test_waits_for_the_first_pod() -> None:
    async with rig() as r:
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: r.state.waiting == 1)
        pod = await Pod(echo).start()
        r.services.locate("echo", [pod.endpoint])
        assert (await wire.response()).status == 200
        await r.balanced()
        await pod.stop()


async def test_no_pod_within_the_time_to_wake_is_503() -> None:
    async with rig(timeouts=Timeouts(wake=0.2)) as r:
        answer = await r.ask(get())
        assert answer.fields[b"x-gateway-error"] == b"no_ready_pod"
        await r.balanced()


PHASES = ["body", "waiting", "answer", "answer body", "tunnel"]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("way", ["close", "reset"])
async def test_a_client_that_leaves_leaves_nothing_behind(phase: str, way: str) -> None:
    reached, gone = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        try:
            await wire.head()
            if phase == "answer body":
                await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            if phase == "tunnel":
                await wire.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
            reached.set()
            await wire.reader.read()
        finally:
            gone.set()

    request = {
        "body": get(b"/", b"Content-Length: 1000", method=b"POST") + b"x",
        "tunnel": get(b"/", *UPGRADE),
    }.get(phase, get())
    pods = [] if phase == "waiting" else [await Pod(script).start()]
    async with rig(*pods) as r:
        wire = await r.connect()
        await wire.send(request)
        if phase == "waiting":
            await r.until(lambda: r.state.waiting == 1)
        else:
            await asyncio.wait_for(reached.wait(), TIMEOUT)
        if phase in ("answer body", "tunnel"):
            await wire.head()
        if way == "reset":
            wire.reset()
        else:
            await wire.close()
        if pods:
            await asyncio.wait_for(gone.wait(), TIMEOUT)
        await r.balanced()
        await r.until(lambda: not r.gateway.connections.open)
        assert not [one for backend in r.state.balancer.candidates for one in backend.idle]
        assert r.state.stats.tunnels == 0
        assert r.log.entries[-1].status in (499, 101, 200)


async def test_a_slow_reader_stops_the_pod() -> None:
    total = 64 * 1024 * 1024
    sent = 0

    async def script(wire: Wire) -> None:
        nonlocal sent
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
        while sent < total:
            await wire.send(b"x" * 65536)
            sent += 65536

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await wire.send(get())
        assert await still(lambda: sent) < total / 2
        wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await wire.head()
        assert len(await wire.exactly(total)) == total
        await r.balanced()


async def test_a_slow_pod_stops_the_client() -> None:
    total = 64 * 1024 * 1024
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await go.wait()
        wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await wire.exactly(total)) == total
        await wire.send(OK)

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: %d" % total, method=b"POST"))
        sent = 0

        async def upload() -> None:
            nonlocal sent
            while sent < total:
                await wire.send(b"x" * 65536)
                sent += 65536

        task = asyncio.create_task(upload(), name="upload")
        assert await still(lambda: sent) < total / 2
        go.set()
        assert (await wire.response()).body == b"ok"
        await task
        await r.balanced()


async def test_credentials_are_asked_for_before_anything_is_sent() -> None:
    pod = await Pod(echo).start()
    async with rig(pod, set_auth=True, digest=DIGEST) as r:
        for extra in ((), UPGRADE):
            answer = await r.ask(get(b"/", *extra))
            assert answer.status == 401
            assert answer.fields[b"www-authenticate"].startswith(b"Basic realm=")
        assert pod.connections == 0
        answer = await r.ask(get(b"/", b"Authorization: Bearer " + TOKEN.encode()))
        assert answer.status == 200
        assert b"uthorization" not in answer.body
        assert TOKEN not in repr(r.log.entries)


async def test_a_rotated_token_counts_from_the_next_request_on() -> None:
    async with rig(await Pod(echo).start(), set_auth=True, digest=DIGEST) as r:
        wire = await r.connect()
        request = get(b"/", b"Authorization: Bearer " + TOKEN.encode())
        for _ in range(3):
            await wire.send(request)
            assert (await wire.response()).status == 200
        route = r.services.table.find("echo")
        assert route is not None
        r.services.define([replace(route.spec, digest=b"\0" * 32)])
        await wire.send(request)
        assert (await wire.response()).status == 401
        r.services.define([route.spec])
        await wire.send(request)
        assert (await wire.response()).status == 200


async def test_a_refused_body_is_read_away_and_the_connection_closed() -> None:
    async with rig(limits=Limits(linger=0.5)) as r:
        wire = await r.connect()
        await wire.send(b"POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nxx")
        answer = await wire.response()
        assert answer.status == 404
        assert answer.fields[b"connection"] == b"close"
        assert await wire.rest() == b""


async def test_who_looks_for_an_answer_after_a_long_upload_still_finds_it() -> None:
    """Many clients read only when all is sent; nginx reads a refused body for 30 s as well."""
    body = [b"x" * 1000] * 10
    async with rig(limits=Limits(linger=0.3)) as r:
        wire = await r.connect()
        await wire.send(b"POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n")
        for piece in body:
            await asyncio.sleep(0.08)
            await wire.send(piece)
        assert (await wire.response()).status == 404
        assert await wire.rest() == b""


async def test_who_sends_a_refused_body_for_too_long_is_cut_off() -> None:
    async def drip(wire: Wire) -> None:
        while True:
            await wire.send(b"x")
            await asyncio.sleep(0.05)

    async with rig(limits=Limits(linger=0.3, linger_longest=0.3)) as r:
        wire = await r.connect()
        await wire.send(b"POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n")
        with pytest.raises(ConnectionError):
            await drip(wire)


async def test_a_body_that_is_too_large_is_413() -> None:
    async with rig(await Pod(echo).start(), limits=Limits(body=10)) as r:
        assert (await r.ask(post(b"x" * 10))).status == 200
        assert (await r.ask(post(b"x" * 11))).status == 413
        chunked = get(b"/", b"Transfer-Encoding: chunked", method=b"POST")
        assert (await r.ask(chunked + b"b\r\nxxxxxxxxxxx\r\n0\r\n\r\n")).status == 413
        await r.balanced()


async def test_a_body_that_hardly_moves_is_408() -> None:
    limits = Limits(body_rate=1000)
    async with rig(await Pod(echo).start(), limits=limits, timeouts=Timeouts(body=0.3)) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 1000", method=b"POST"), b"x")
        answer = await wire.response()
        assert answer.status == 408
        await r.balanced()


async def test_a_deleted_service_finishes_what_it_has() -> None:
    slow = Slow()
    async with rig(await Pod(slow).start()) as r:
        state = r.state
        wire = await r.connect()
        await wire.send(get())
        await slow.asked.acquire()
        r.services.define([], removed=["echo"])
        slow.go.release()
        assert (await wire.response()).status == 200
        await wire.send(get())
        assert (await wire.response()).status == 404
        assert state.in_flight == 0


async def test_a_terminating_pod_keeps_what_it_has_and_gets_no_more() -> None:
    slow = Slow()
    old, new = await Pod(slow).start(), await Pod(echo).start()
    async with rig(old, new) as r:
        r.services.locate("echo", [old.endpoint])
        wire = await r.connect()
        await wire.send(get())
        await slow.asked.acquire()
        r.services.locate("echo", [replace(old.endpoint, terminating=True), new.endpoint])
        for _ in range(10):
            assert (await r.ask(get())).status == 200
        assert new.connections > 0
        slow.go.release()
        assert (await wire.response()).body == b"ok"
        await r.until(lambda: not old.open)


async def test_affinity_keeps_a_client_on_its_pod() -> None:
    pods = [await Pod(answering(OK.replace(b"ok", b"p%d" % i))).start() for i in range(3)]
    async with rig(*pods, affinity=True) as r:
        first = await r.ask(get())
        cookie = first.fields[b"set-cookie"].partition(b";")[0]
        for _ in range(10):
            again = await r.ask(get(b"/", b"Cookie: " + cookie))
            assert again.body == first.body
            assert b"set-cookie" not in again.fields


@pytest.mark.parametrize("way", ["stopped", "deleted"])
async def test_who_waits_for_a_service_that_goes_is_told(way: str) -> None:
    async with rig() as r:
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: r.state.waiting == 1)
        route = r.services.table.find("echo")
        assert route is not None
        if way == "stopped":
            r.services.define([replace(route.spec, stopped=True)])
        else:
            r.services.define([], removed=["echo"])
        assert (await wire.response()).status == (503 if way == "stopped" else 404)
        assert route.state.waiting == 0


async def test_who_does_not_read_gets_no_more_answers() -> None:
    served = 0
    large = b"x" * 1_000_000

    async def script(wire: Wire) -> None:
        nonlocal served
        while True:
            await wire.request()
            served += 1
            await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", large)

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await wire.send(get() * 100)
        assert await still(lambda: served) < 50
        wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(100):
            assert len((await wire.response()).body) == 1_000_000
