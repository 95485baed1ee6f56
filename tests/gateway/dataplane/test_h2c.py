"""Pods that speak HTTP/2: what they are sent, and what comes of what they do."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from gateway.http2 import frames
from gateway.http2.pod_stream import LINGER
from gateway.limits import Limits
from shared.service.model import Timeouts
from tests.gateway.h2_pod import OK, H2Wire, echoing, h2_pod
from tests.gateway.harness import PREFIX, TIMEOUT, Pod, answering, get, post, rig


async def test_a_pod_gets_the_request_as_fields_and_content() -> None:
    pod = h2_pod(echoing)
    async with rig(await pod.start(), protocol="h2c") as r:
        answer = await r.ask(post(b"hello", b"/a?b=c", b"X-Mine: 1"))
        lines = answer.body.decode().split("\n")
        assert lines[:4] == [
            ":method=POST",
            ":scheme=http",
            ":path=/a?b=c",
            ":authority=gateway.test",
        ]
        assert {"content-length=5", "x-mine=1", "x-forwarded-proto=http"} <= set(lines)
        assert lines[-1] == "hello"
        assert not any(line.startswith(("te=", "connection=", "host=")) for line in lines)
        await r.balanced()


async def test_chunks_become_content_and_back() -> None:
    async def script(pod: H2Wire) -> None:
        number, fields, _ = await pod.request()
        assert "transfer-encoding" not in fields
        assert await pod.body() == b"abcdef"
        await pod.send(pod.head(number, *OK))
        await pod.send(
            pod.data(number, b"xy"), pod.data(number, b""), pod.data(number, b"z", end=True)
        )
        await asyncio.Event().wait()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Transfer-Encoding: chunked", method=b"POST"))
        await wire.send(b"3\r\nabc\r\n", b"3\r\ndef\r\n0\r\nx-t: 1\r\n\r\n")
        answer = await wire.response()
        assert (answer.status, answer.body) == (200, b"xyz")
        assert b"connection" not in answer.fields
        await r.balanced()


async def test_trailers_do_not_reach_a_client_of_http1() -> None:
    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.send(pod.head(number, *OK), pod.data(number, b"a"))
        await pod.send(pod.head(number, ("x-last", "1"), end=True))
        await asyncio.Event().wait()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        assert (await r.ask(get())).body == b"a"  # `chunks` takes no trailers
        await r.balanced()


async def test_a_connection_is_shared_and_kept() -> None:
    pod = h2_pod(echoing)
    async with rig(await pod.start(), protocol="h2c") as r:
        answers = await asyncio.gather(*(r.ask(get(b"/%d" % index)) for index in range(30)))
        assert [answer.status for answer in answers] == [200] * 30
        assert pod.connections == 1
        await r.balanced()


async def test_a_head_answer_has_its_length_and_no_body() -> None:
    async def script(pod: H2Wire) -> None:
        for _ in range(2):
            number, _, _ = await pod.request()
            await pod.send(pod.head(number, *OK, ("content-length", "7"), end=True))
        await asyncio.Event().wait()

    pod = h2_pod(script)
    async with rig(await pod.start(), protocol="h2c") as r:
        for _ in range(2):
            answer = await r.ask(get(method=b"HEAD"), bodyless=True)
            assert answer.fields[b"content-length"] == b"7"
        assert pod.connections == 1


async def test_interim_heads_pass() -> None:
    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.send(pod.head(number, (":status", "103"), ("link", "</a>; rel=preload")))
        await pod.answer(number, b"done")
        await asyncio.Event().wait()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        wire = await r.connect()
        await wire.send(get())
        assert (await wire.head()).startswith(b"HTTP/1.1 103")
        assert (await wire.response()).body == b"done"


async def test_a_refused_stream_is_tried_again_whatever_it_asks_for() -> None:
    seen: list[int] = []

    async def script(pod: H2Wire) -> None:
        while True:
            number, _, _ = await pod.request()
            assert await pod.body() == b"once"
            seen.append(number)
            if len(seen) == 1:
                await pod.send(frames.reset(number, frames.REFUSED_STREAM))
            else:
                await pod.answer(number, b"done")

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        assert (await r.ask(post(b"once"))).body == b"done"
        assert seen == [1, 3]
        (backend,) = r.state.balancer.backends.values()
        assert not backend.failures
        await r.balanced()


async def test_a_pod_that_refuses_for_ever_is_given_up() -> None:
    seen: list[int] = []

    async def script(pod: H2Wire) -> None:
        while True:
            number, _, _ = await pod.request()
            seen.append(number)
            await pod.send(frames.reset(number, frames.REFUSED_STREAM))

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        answer = await r.ask(get())
        assert answer.status == 502
        assert answer.fields[b"x-gateway-error"] == b"upstream_closed"
        assert len(seen) == 3
        await r.balanced()


async def test_another_reset_is_not_tried_again() -> None:
    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.send(frames.reset(number, frames.INTERNAL_ERROR))
        await asyncio.Event().wait()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        answer = await r.ask(post(b"x"))
        assert answer.status == 502
        assert b"INTERNAL_ERROR" in answer.body
        await r.balanced()


async def test_goaway_ends_the_connection_for_new_streams_alone() -> None:
    """The first is answered, the second was not looked at and goes to another connection."""
    asked, first = asyncio.Event(), asyncio.Event()

    async def script(pod: H2Wire) -> None:
        number, fields, _ = await pod.request()
        if fields[":path"] == "/one":
            asked.set()
            await pod.request()
            await pod.send(frames.goaway(number, frames.NO_ERROR))
            await first.wait()
            await pod.answer(number, b"one")
            assert (await pod.next(frames.GOAWAY))[0] == frames.GOAWAY
        else:
            await pod.answer(number, b"two")
            first.set()
            await asyncio.Event().wait()

    pod = h2_pod(script)
    async with rig(await pod.start(), protocol="h2c") as r:
        one = asyncio.ensure_future(r.ask(get(b"/one")))
        await asyncio.wait_for(asked.wait(), TIMEOUT)
        two = asyncio.ensure_future(r.ask(post(b"", b"/two")))
        assert (await two).body == b"two"
        assert (await one).body == b"one"
        assert pod.connections == 2
        (backend,) = r.state.balancer.backends.values()
        assert len(backend.shared) == 1
        await r.balanced()


async def test_a_lost_connection_ends_all_its_streams() -> None:
    async def script(pod: H2Wire) -> None:
        for _ in range(3):
            await pod.request()
        pod.wire.reset()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        answers = await asyncio.gather(*(r.ask(post(b"")) for _ in range(3)))
        assert [answer.status for answer in answers] == [502] * 3
        await r.balanced()


async def test_a_client_that_leaves_resets_its_stream_alone() -> None:
    codes: list[int] = []

    async def script(pod: H2Wire) -> None:
        await pod.request()
        _, _, number, payload = await pod.next(frames.RST_STREAM)
        codes.append(frames.code_of(payload))
        assert number == 1
        number, _, _ = await pod.request()
        await pod.answer(number, b"still here")
        await asyncio.Event().wait()

    pod = h2_pod(script)
    async with rig(await pod.start(), protocol="h2c") as r:
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: r.state.in_flight == 1)
        await r.until(lambda: not r.gateway.context.connecting)
        await wire.close()
        await r.until(lambda: codes == [frames.CANCEL])
        assert (await r.ask(get())).body == b"still here"
        assert pod.connections == 1
        await r.balanced()


async def test_an_answer_whole_by_its_length_is_not_reset() -> None:
    """The end of its stream may come later; only when it does not, it is asked for."""
    assert LINGER > 1.0

    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.send(pod.head(number, *OK, ("content-length", "2")), pod.data(number, b"ok"))
        kinds = []
        while frames.HEADERS not in kinds:
            kind, _, following, _ = await pod.frame()
            kinds.append(kind)
        assert frames.RST_STREAM not in kinds
        await pod.send(pod.data(number, b"", end=True))
        await pod.answer(following, b"next")
        with pytest.raises(ConnectionError):
            await pod.next(frames.RST_STREAM)

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        assert (await r.ask(get())).body == b"ok"
        assert (await r.ask(get())).body == b"next"
        await r.balanced()


async def test_a_body_waits_for_the_windows_of_the_pod() -> None:
    took = asyncio.Event()

    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        got = b""
        while len(got) < 10:
            got += (await pod.next(frames.DATA))[3]
        assert len(got) == 10
        took.set()
        await pod.send(frames.settings({frames.INITIAL_WINDOW_SIZE: 30}))
        while len(got) < 30:
            got += (await pod.next(frames.DATA))[3]
        await pod.send(frames.window_update(number, 1 << 20))
        got += await pod.body()
        await pod.answer(number, b"%d" % len(got))
        await asyncio.Event().wait()

    pod = h2_pod(script, {frames.INITIAL_WINDOW_SIZE: 10})
    async with rig(await pod.start(), protocol="h2c", limits=Limits(window=4096)) as r:
        answer = asyncio.ensure_future(r.ask(post(b"x" * 300_000)))
        await asyncio.wait_for(took.wait(), TIMEOUT)
        assert (await answer).body == b"300000"
        await r.balanced()


async def test_a_client_that_does_not_read_stops_its_pod_but_no_other() -> None:
    """The pod may send one window for the client that stalls, and any number for others."""
    sent: list[int] = []

    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.send(pod.head(number, *OK))
        window, total = 65536, 0
        other = False
        while not other:
            while window > 0:
                await pod.send(pod.data(number, b"x" * min(window, 16384)))
                total += min(window, 16384)
                window -= min(window, 16384)
            sent.append(total)
            kind, _, stream, payload = await pod.frame()
            if kind == frames.WINDOW_UPDATE and stream == number:
                window += frames.word(payload)
            if kind == frames.HEADERS:
                other = True
                await pod.answer(stream, b"y" * 3000)
        await asyncio.Event().wait()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        wire = await r.connect()
        cast("asyncio.ReadTransport", wire.writer.transport).pause_reading()
        await wire.send(get())
        await r.until(lambda: any(one.stalled for one in r.gateway.connections.open))
        before, now = sent[-1], r.gateway.context.now
        await r.until(lambda: r.gateway.context.now > now + 0.5)
        assert sent[-1] - before <= 2 * 65536
        assert (await r.ask(get())).body == b"y" * 3000
        await wire.close()
        await r.balanced()


async def test_more_than_the_window_breaks_the_stream() -> None:
    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.send(pod.head(number, *OK) + pod.data(number, b"x" * 5000))
        _, _, _, payload = await pod.next(frames.RST_STREAM)
        assert frames.code_of(payload) == frames.FLOW_CONTROL_ERROR
        await asyncio.Event().wait()

    limits = Limits(window=4096)
    async with rig(await h2_pod(script).start(), protocol="h2c", limits=limits) as r:
        assert (await r.ask(post(b""))).status == 502
        await r.balanced()


@pytest.mark.parametrize(
    "fields",
    [
        (("x", "y"),),
        ((":status", "200"), ("connection", "close")),
        ((":status", "200"), ("x", "a\r\nSet-Cookie: b=c")),
        ((":status", "101"),),
    ],
)
async def test_a_head_that_is_none_ends_its_stream_alone(
    fields: tuple[tuple[str, str], ...],
) -> None:
    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.send(pod.head(number, *fields))
        assert (await pod.next(frames.RST_STREAM))[2] == number
        number, _, _ = await pod.request()
        await pod.answer(number, b"fine")
        await asyncio.Event().wait()

    pod = h2_pod(script)
    async with rig(await pod.start(), protocol="h2c") as r:
        answer = await r.ask(post(b""))
        assert answer.status == 502
        assert b"set-cookie" not in answer.fields
        assert (await r.ask(post(b""))).body == b"fine"
        assert pod.connections == 1
        await r.balanced()


@pytest.mark.parametrize(
    "broken",
    [
        frames.make(frames.DATA, 0, 9, b"x"),
        frames.make(frames.DATA, 0, 2, b"x"),
        frames.make(frames.PUSH_PROMISE, frames.END_HEADERS, 1, b"\0\0\0\2\x88"),
        frames.make(frames.WINDOW_UPDATE, 0, 0, b"\0\0\0\0"),
        frames.make(frames.WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"),
        frames.make(frames.SETTINGS, 0, 1, b""),
        frames.make(frames.SETTINGS, 0, 0, b"\0\4\xff\xff\xff\xff"),
        frames.make(frames.PING, 0, 0, b"short"),
        frames.make(frames.CONTINUATION, frames.END_HEADERS, 1, b"\x88"),
        frames.make(frames.HEADERS, 0, 1, b"\x88") + frames.make(frames.PING, 0, 0, b"12345678"),
        frames.make(frames.HEADERS, 0, 1, b"\x88")
        + frames.make(frames.CONTINUATION, 0, 1, b"") * 100,
        frames.make(frames.HEADERS, frames.END_HEADERS, 1, b"\xff\xff\xff\xff\xff"),
        frames.make(frames.GOAWAY, 0, 0, b"\0\0"),
        b"\xff\xff\xff\0\0\0\0\0\1",
    ],
)
async def test_what_breaks_the_connection_ends_it_with_a_reason(broken: bytes) -> None:
    async def script(pod: H2Wire) -> None:
        await pod.request()
        await pod.send(broken)
        _, _, _, payload = await pod.next(frames.GOAWAY)
        assert frames.code_of(payload, 4) != frames.NO_ERROR

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        answer = await r.ask(post(b""))
        assert answer.status == 502
        assert b"not valid HTTP/2" in answer.body
        await r.balanced()


async def test_a_pod_of_http1_is_told_apart() -> None:
    pod = Pod(answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
    async with rig(await pod.start(), protocol="grpc") as r:
        answer = await r.ask(post(b""))
        assert answer.status == 502
        assert b"set expose.protocol to http1" in answer.body
        await r.balanced()


async def test_a_pod_that_says_nothing_is_late() -> None:
    async def silent(wire: object) -> None:
        await asyncio.Event().wait()

    pod = Pod(silent)
    async with rig(await pod.start(), protocol="h2c", timeouts=Timeouts(connect=0.3)) as r:
        answer = await r.ask(get())
        assert answer.fields[b"x-gateway-error"] == b"connect_timeout"
        await r.balanced()


async def test_a_pod_that_takes_no_streams_is_refused() -> None:
    async def idle(pod: H2Wire) -> None:
        await asyncio.Event().wait()

    pod = h2_pod(idle, {frames.MAX_CONCURRENT_STREAMS: 0})
    async with rig(await pod.start(), protocol="h2c") as r:
        answer = await r.ask(get())
        assert answer.status == 502
        assert b"takes no streams" in answer.body
        await r.balanced()


async def test_pings_are_answered() -> None:
    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.send(frames.make(frames.PING, 0, 0, b"12345678"))
        _, flags, _, payload = await pod.next(frames.PING)
        assert (flags, payload) == (frames.ACK, b"12345678")
        await pod.answer(number, b"pong")
        await asyncio.Event().wait()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        assert (await r.ask(get())).body == b"pong"


async def test_an_idle_connection_is_closed_in_time() -> None:
    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await pod.answer(number, b"a")
        assert (await pod.next(frames.GOAWAY))[3][4:8] == bytes(4)

    async with rig(
        await h2_pod(script).start(), protocol="h2c", limits=Limits(upstream_idle=0.2)
    ) as r:
        assert (await r.ask(get())).body == b"a"
        (backend,) = r.state.balancer.backends.values()
        await r.until(lambda: not backend.shared)


async def test_a_pod_that_leaves_finishes_what_it_has() -> None:
    go = asyncio.Event()

    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await go.wait()
        await pod.answer(number, b"late")
        await pod.next(frames.GOAWAY)

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        asked = asyncio.ensure_future(r.ask(get()))
        await r.until(lambda: r.state.in_flight == 1 and not r.gateway.context.connecting)
        r.services.locate("echo", [])
        go.set()
        assert (await asked).body == b"late"


async def test_websockets_are_refused_with_a_reason() -> None:
    async with rig(await h2_pod(echoing).start(), protocol="h2c") as r:
        answer = await r.ask(
            get(b"/", b"Connection: upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")
        )
        assert answer.status == 501
        assert b"expose.protocol" in answer.body


async def test_trailers_pass_both_ways_between_http2_and_http2() -> None:
    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        assert (await pod.next(frames.DATA))[3] == b"up"
        assert await pod.trailers() == {"x-up": "1"}
        await pod.send(pod.head(number, *OK), pod.data(number, b"down"))
        last = (
            ("x-down", "2"),
            ("set-cookie", "a=b"),
            ("x-raw-bin", "AP8"),
        )
        await pod.send(pod.head(number, *last, end=True))
        await asyncio.Event().wait()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        client = H2Wire(await r.connect())
        await client.send(frames.PREFACE + frames.settings({}))
        path = (PREFIX + b"/").decode()
        head = ((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "a.test"))
        await client.send(client.head(1, *head), client.data(1, b"up"))
        await client.send(client.head(1, ("x-up", "1"), ("authorization", "no"), end=True))
        number, fields, _ = await client.request()
        assert (number, fields[":status"]) == (1, "200")
        assert (await client.next(frames.DATA))[3] == b"down"
        assert await client.trailers() == {"x-down": "2", "x-raw-bin": "AP8"}
        await r.balanced()


async def test_a_pod_that_opens_no_window_stops_its_client() -> None:
    go = asyncio.Event()
    size = 32 << 20

    async def script(pod: H2Wire) -> None:
        number, _, _ = await pod.request()
        await go.wait()
        await pod.send(frames.window_update(0, 64 << 20) + frames.window_update(number, 64 << 20))
        await pod.answer(number, b"%d" % len(await pod.body()))
        await asyncio.Event().wait()

    async with rig(await h2_pod(script).start(), protocol="h2c") as r:
        wire = await r.connect()
        wire.writer.write(post(bytes(size)))
        await r.until(lambda: bool(r.gateway.connections.unread))
        now = r.gateway.context.now
        await r.until(lambda: r.gateway.context.now > now + 0.5)
        assert wire.writer.transport.get_write_buffer_size() > size // 2
        go.set()
        assert (await wire.response()).body == b"%d" % size
        await r.balanced()
