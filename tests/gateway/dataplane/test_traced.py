"""Spans of requests as a collector gets them: phases, ends, and what pods and clients notice."""

from __future__ import annotations

import asyncio
import re

import pytest

from gateway.dataplane import straight
from gateway.limits import Limits
from shared.runtime.ports import free_port
from shared.service.model import Timeouts
from tests.gateway.harness import (
    DIGEST,
    PREFIX,
    TOKEN,
    Pod,
    Wire,
    answering,
    echo,
    get,
    post,
    rig,
)
from tests.gateway.tracing.collector import followed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"traceparent: 00-{TRACE}-{SPAN}-01".encode()


def parents(head: bytes) -> list[bytes]:
    """All lines of a head that name a parent, whatever the case."""
    return re.findall(rb"(?im)^traceparent: *(.*)\r$", head)


async def test_the_phases_of_a_request_and_what_is_told_of_it() -> None:
    pod = await Pod(echo).start()
    async with followed(pod) as f:
        wire = await f.rig.connect()
        await wire.send(get(b"/a/b?token=secret&q=1", b"X-Request-Id: mine", b"Host2: x"))
        await wire.response()
        await wire.send(get(b"/a/b?token=secret&q=1", b"X-Request-Id: mine", b"Host2: x"))
        await wire.response()
        first, second = await f.traces()
        assert first.course == ["auth", "connect", "first byte"]
        assert second.course == ["auth", "first byte"]
        assert first.request.name == "GET /system/services/{service}/exposed"
        assert first.request.parent == ""
        assert not first.request.failed
        assert first.request.attributes == {
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "http.route": "/system/services/{service}/exposed",
            "url.scheme": "http",
            "url.path": (PREFIX + b"/a/b").decode(),
            "server.address": "gateway.test",
            "server.port": 80,
            "network.peer.address": "127.0.0.1",
            "network.protocol.version": "1.1",
            "exposed.service": "echo",
            "exposed.pod": f"pod-{pod.port}",
            "exposed.request_id": "mine",
            "exposed.retries": 0,
        }
        assert first.phases[1].attributes == {
            "network.peer.address": "127.0.0.1",
            "network.peer.port": pod.port,
            "exposed.pod": f"pod-{pod.port}",
        }
        assert first.request.trace != second.request.trace
        assert f.server.resources[0]["service.name"] == "gateway"
        assert f.server.resources[0]["service.instance.id"] == "one"
        await f.rig.balanced()


async def test_a_head_that_is_remembered_was_not_planned_anew() -> None:
    async with followed(await Pod(answering(OK)).start()) as f:
        wire = await f.rig.connect()
        for _ in range(4):
            await wire.send(get())
            await wire.response()
        courses = [one.course for one in await f.traces()]
        assert courses[-1] == ["first byte"]


async def test_a_body_that_comes_later_is_a_phase() -> None:
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        await go.wait()
        await wire.send(b"cd")
        await wire.rest()

    async with followed(await Pod(script).start()) as f:
        wire = await f.rig.connect()
        await wire.send(get())
        await wire.head()
        await wire.exactly(2)
        go.set()
        await wire.exactly(2)
        await f.rig.balanced()
        assert (await f.trace()).course == ["auth", "connect", "first byte", "body"]


async def test_an_upload_is_a_phase_of_its_own() -> None:
    asked: list[bytes] = []

    async def script(wire: Wire) -> None:
        asked.append(await wire.head())
        assert await wire.exactly(4) == b"abcd"
        await wire.send(OK)

    async with followed(await Pod(script).start()) as f:
        wire = await f.rig.connect()
        await wire.send(get(b"/", b"Content-Length: 4", method=b"POST"), b"ab")
        await f.rig.until(lambda: bool(asked))
        await wire.send(b"cd")
        assert (await wire.response()).status == 200
        assert (await f.trace()).course == ["auth", "connect", "upload", "first byte"]


async def test_the_chain_goes_from_the_client_to_the_pod() -> None:
    async with followed(await Pod(echo).start()) as f:
        seen = (await f.rig.ask(get(b"/", PARENT, b"tracestate: v=1,w=2"))).body
        found = await f.trace()
        assert (found.request.trace, found.request.parent) == (TRACE, SPAN)
        assert parents(seen) == [f"00-{TRACE}-{found.request.number}-01".encode()]
        assert b"tracestate: v=1,w=2\r\n" in seen
        assert found.request.state == "v=1,w=2"


async def test_a_trace_that_begins_here_is_random_and_sampled_for_the_pod() -> None:
    async with followed(await Pod(echo).start()) as f:
        seen = (await f.rig.ask(get())).body
        found = await f.trace()
        named = f"00-{found.request.trace}-{found.request.number}-03"
        assert parents(seen) == [named.encode()]
        assert seen.split(b"\r\n")[1] == b"Host: gateway.test"


@pytest.mark.parametrize(
    "lines",
    [
        (b"traceparent: x",),
        (PARENT.replace(b"4bf9", b"4BF9"),),
        (PARENT, PARENT),
        (b"TraceParent: 00-" + b"0" * 32 + b"-" + SPAN.encode() + b"-01",),
    ],
)
async def test_a_malformed_parent_is_replaced_and_its_state_is_not_passed_on(
    lines: tuple[bytes, ...],
) -> None:
    async with followed(await Pod(echo).start()) as f:
        seen = (await f.rig.ask(get(b"/", *lines, b"tracestate: v=1"))).body
        found = await f.trace()
        assert found.request.parent == ""
        assert found.request.trace != TRACE
        named = f"00-{found.request.trace}-{found.request.number}-03"
        assert parents(seen) == [named.encode()]
        assert b"tracestate" not in seen.lower()


async def test_what_the_caller_decided_holds_and_else_a_share_is_recorded() -> None:
    async with followed(await Pod(echo).start(), ratio=0.0) as f:
        quiet = PARENT[:-1] + b"0"
        assert parents((await f.rig.ask(get(b"/quiet", quiet))).body) == [quiet[13:]]
        assert parents((await f.rig.ask(get(b"/none"))).body) == []
        assert parents((await f.rig.ask(get(b"/bad", b"traceparent: x"))).body) == [b"x"]
        await f.rig.ask(get(b"/loud", PARENT))
        assert (await f.trace())["url.path"].endswith("/loud")
    async with followed(await Pod(answering(OK)).start(), ratio=0.5) as f:
        wire = await f.rig.connect()
        for _ in range(200):
            await wire.send(get())
            await wire.response()
        assert 50 < len(await f.traces()) < 150


@pytest.mark.parametrize(
    ("request_bytes", "status", "reason", "service"),
    [
        (get(), 401, "unauthorized", "echo"),
        (b"GET /system/services/none/exposed/ HTTP/1.1\r\nHost: g\r\n\r\n",
         404, "unknown_service", "none"),
        (b"GET http://g/x?y HTTP/1.1\r\nHost: g\r\n\r\n", 404, "not_found", None),
        (b"GET / HTTP/1.1\r\nHost: g\r\nbad\r\n\r\n", 400, "bad_request", None),
    ],
)  # fmt: skip
async def test_refusals_are_spans_with_their_reason(
    request_bytes: bytes, status: int, reason: str, service: str | None
) -> None:
    async with followed(set_auth=True, digest=DIGEST) as f:
        assert (await f.rig.ask(request_bytes)).status == status
        found = await f.trace()
        assert found["http.response.status_code"] == status
        assert (found["error.type"], found["exposed.reason"]) == (reason, reason)
        assert found["exposed.service"] == service
        assert not found.request.failed, "a client's fault is no failure of a server's span"
        assert found.course == ["auth"]


async def test_waiting_for_a_slot_is_a_phase_and_a_full_queue_a_failure() -> None:
    go = asyncio.Event()

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await go.wait()
            await wire.send(OK)

    pod = await Pod(script).start()
    async with followed(pod, limits=Limits(queue=1), concurrency=1) as f:
        first, second = await f.rig.connect(), await f.rig.connect()
        await first.send(get(b"/1"))
        await f.rig.until(lambda: f.rig.state.in_flight == 1)
        await second.send(get(b"/2"))
        await f.rig.until(lambda: f.rig.state.waiting == 1)
        assert (await f.rig.ask(get(b"/3"))).status == 503
        go.set()
        await first.response()
        await second.response()
        one, two, three = await f.traces()
        assert one.course == ["auth", "connect", "first byte"]
        assert two.course == ["auth", "queue", "first byte"]
        queue = two.phases[1]
        assert one.request.ended - 50_000_000 <= queue.ended
        assert (three["error.type"], three.request.failed) == ("queue_full", True)


async def test_a_cold_start_is_a_long_queue() -> None:
    async with followed() as f:
        wire = await f.rig.connect()
        await wire.send(get())
        await f.rig.until(lambda: f.rig.state.waiting == 1)
        pod = await Pod(echo).start()
        f.rig.services.locate("echo", [pod.endpoint])
        assert (await wire.response()).status == 200
        found = await f.trace()
        assert found["exposed.cold_start"] is True
        assert found.course == ["auth", "queue", "connect", "first byte"]
        await pod.stop()


async def test_each_try_has_its_pod_and_what_it_failed_by() -> None:
    async def dies(wire: Wire) -> None:
        await wire.request()

    bad, good = await Pod(dies).start(), await Pod(echo).start()
    async with followed(bad, good) as f:
        wire = await f.rig.connect()
        for _ in range(20):
            await wire.send(get())
            assert (await wire.response()).status == 200
            if f.rig.stats.service("echo").retries:
                break
        found = (await f.traces())[-1]
        assert found["exposed.retries"] == 1
        assert found["exposed.pod"] == f"pod-{good.port}"
        assert found.course[-4:] == [
            "connect", "first byte upstream_closed", "connect", "first byte"
        ]  # fmt: skip
        tried = [one.attributes["exposed.pod"] for one in found.phases[-4:]]
        assert tried == [f"pod-{bad.port}"] * 2 + [f"pod-{good.port}"] * 2
        assert not found.request.failed


async def test_pods_that_cannot_be_reached_or_do_not_answer() -> None:
    async def silent(wire: Wire) -> None:
        await wire.rest()

    pod = await Pod(silent).start()
    async with followed(pod, timeouts=Timeouts(first_byte=0.2)) as f:
        assert (await f.rig.ask(get())).status == 504
        found = await f.trace()
        assert found.course == ["auth", "connect", "first byte first_byte_timeout"]
        assert (found["error.type"], found.request.failed) == ("first_byte_timeout", True)
        assert [one.failed for one in found.phases] == [False, False, True]
    closed = Pod(silent)
    closed.address, closed.port = "127.0.0.1", free_port()
    async with followed(closed, timeouts=Timeouts(connect=0.1)) as f:
        assert (await f.rig.ask(get())).status in (502, 504)
        assert (await f.trace()).course in (
            ["auth", "connect connect_failed"], ["auth", "connect connect_timeout"]
        )  # fmt: skip


async def test_an_error_of_the_application_is_its_status() -> None:
    failing = answering(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
    async with followed(await Pod(failing).start()) as f:
        assert (await f.rig.ask(get())).status == 500
        found = await f.trace()
        assert (found["error.type"], found["exposed.reason"]) == ("500", None)
        assert found.request.failed


async def test_a_tunnel_is_told_when_it_ends() -> None:
    async def switch(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
        await wire.send(await wire.exactly(2))
        await wire.rest()

    async with followed(await Pod(switch).start()) as f:
        wire = await f.rig.connect()
        await wire.send(get(b"/", *UPGRADE))
        await wire.head()
        await wire.send(b"hi")
        assert await wire.exactly(2) == b"hi"
        assert f.exporter.waiting == 0
        await wire.close()
        await f.rig.balanced()
        found = await f.trace()
        assert found.course == ["auth", "connect", "first byte", "tunnel"]
        assert (found["http.response.status_code"], found["exposed.upgrade"]) == (101, True)
        assert found["error.type"] is None


async def test_a_client_that_leaves_ends_the_phase_it_left_in() -> None:
    async def silent(wire: Wire) -> None:
        await wire.rest()

    async with followed(await Pod(silent).start()) as f:
        wire = await f.rig.connect()
        await wire.send(get())
        await f.rig.until(lambda: f.rig.state.in_flight == 1)
        await wire.close()
        await f.rig.balanced()
        found = await f.trace()
        assert found["http.response.status_code"] == 499
        assert found["error.type"] == "client_gone"
        assert found.course[-1].endswith(" client_gone")
        assert not found.request.failed


async def test_a_pod_that_breaks_off_fails_the_request_whatever_its_status() -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"

    async def breaks(wire: Wire) -> None:
        await wire.request()
        await wire.send(half)

    async with followed(await Pod(breaks).start()) as f:
        wire = await f.rig.connect()
        await wire.send(get())
        await wire.ended()
        found = await f.trace()
        assert found["http.response.status_code"] == 200
        assert (found["error.type"], found.request.failed) == ("upstream_closed", True)
        assert found.course[-1] == "body upstream_closed"


async def test_no_secret_is_exported(caplog: pytest.LogCaptureFixture) -> None:
    pod = await Pod(echo).start()
    async with followed(pod, set_auth=True, auth_type="forward", digest=DIGEST) as f:
        secret = TOKEN.encode()
        for request in (
            get(b"/?token=" + secret),
            get(b"/x?a=b&token=" + secret, b"Accept: text/html", b"Sec-Fetch-Mode: navigate"),
            get(b"/", b"Authorization: Bearer " + secret, b"Referer: http://g/?token=" + secret),
            get(b"/", b"Cookie: oscar_token=" + secret),
            post(secret, b"/?token=" + secret),
            b"GET http://u:" + secret + b"@g/?token=" + secret + b" HTTP/1.1\r\nHost: g\r\n\r\n",
            b"GET /?token=" + secret + b" HTTP/1.1\r\nbad\r\n\r\n",
        ):
            await f.rig.ask(request)
        assert len(await f.traces()) == 7
        sent = b"".join(body for _, body in f.server.posts)
        assert b"exposed.service" in sent
        assert secret not in sent
        assert TOKEN not in caplog.text


async def test_without_a_tracer_nothing_changes() -> None:
    async with rig(await Pod(echo).start()) as r:
        assert r.gateway.connections.begin is straight.begin
        assert parents((await r.ask(get(b"/", PARENT))).body) == [PARENT[13:]]


async def test_a_stream_is_one_span_to_its_end() -> None:
    go = asyncio.Event()

    async def events(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
        await go.wait()
        await wire.send(b"2\r\nok\r\n0\r\n\r\n")
        await wire.rest()

    async with followed(await Pod(events).start()) as f:
        wire = await f.rig.connect()
        await wire.send(get())
        await wire.head()
        assert await wire.exactly(7) == b"2\r\nok\r\n"
        assert f.exporter.waiting == 0, "it goes on"
        go.set()
        assert await wire.chunks() == b"ok"
        assert (await f.trace()).course == ["auth", "connect", "first byte", "body"]
