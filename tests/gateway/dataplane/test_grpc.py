"""gRPC through the gateway: grpcio on both ends."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest

from gateway.net.tls import Certificate
from shared.service.model import Timeouts
from tests.gateway.certificates import issue
from tests.gateway.grpc_pod import GrpcPod, Stub, closed
from tests.gateway.harness import DIGEST, TIMEOUT, TOKEN, Rig, rig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BASIC = (("authorization", "Basic " + b64encode(f"echo:{TOKEN}".encode()).decode()),)
MEGABYTES = [
    ("grpc.max_receive_message_length", 8 << 20),
    ("grpc.max_send_message_length", 8 << 20),
]


@asynccontextmanager
async def behind(
    pod: GrpcPod, *, options: Any = (), **spec: Any
) -> AsyncIterator[tuple[Rig, Stub]]:
    """A client of `pod` behind a gateway."""
    await pod.start()
    async with rig(pod, protocol="grpc", **spec) as r:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{r.port}", options=list(options))
        try:
            yield r, Stub(channel)
        finally:
            await closed(channel)
        await r.balanced()


async def test_a_call_with_metadata_both_ways() -> None:
    pod = GrpcPod()
    async with behind(pod) as (_, stub):
        call = stub.once(b"hello", metadata=(("x-mine", "3"), ("x-mine-bin", b"\x00\x01")))
        assert await call == b"hello"
        assert dict(await call.initial_metadata())["x-first"] == "1"
        last = dict(await call.trailing_metadata())
        assert (last["x-last"], last["x-raw-bin"]) == ("2", b"\x00\xff\x80")
        assert pod.metadata[0]["x-mine"] == "3"
        assert pod.metadata[0]["x-mine-bin"] == b"\x00\x01"


async def test_streams_of_all_kinds() -> None:
    async def numbers() -> AsyncIterator[bytes]:
        for index in range(100):
            yield b"%d" % index

    async with behind(GrpcPod()) as (_, stub):
        assert [one async for one in stub.many(b"50")] == [b"%d" % index for index in range(50)]
        assert await stub.sum(numbers()) == b"4950"
        assert [one async for one in stub.chat(numbers())] == [b"%d" % one for one in range(100)]


async def test_messages_pass_one_by_one_both_ways() -> None:
    async with behind(GrpcPod()) as (_, stub):
        call = stub.chat()
        for word in (b"a", b"bc", b"d" * 100_000):
            await call.write(word)
            assert await call.read() == word.upper()
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK


async def test_a_stream_may_be_silent_for_longer_than_a_body_may_pause() -> None:
    async with behind(GrpcPod(), timeouts=Timeouts(body=0.2)) as (r, stub):
        call = stub.sum()
        await call.write(b"1")
        await r.until(lambda: r.state.in_flight == 1)
        now = r.gateway.context.now
        await r.until(lambda: r.gateway.context.now > now + 1.0)
        await call.write(b"2")
        await call.done_writing()
        assert await call == b"3"


async def test_errors_of_the_pod_come_whole() -> None:
    async with behind(GrpcPod()) as (_, stub):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.fail(b"\x08\x09\xff")
        error = caught.value
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert error.details() == "not now: \u00e9 %"
        assert dict(error.trailing_metadata() or ())["x-details-bin"] == b"\x08\x09\xff"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.missing(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_deadline_reaches_the_pod() -> None:
    pod = GrpcPod()
    async with behind(pod) as (_, stub):
        while not pod.started.is_set():  # on a busy machine it may pass on the way
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.wait(b"", timeout=1.0)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(pod.cancelled.wait(), TIMEOUT)
        left = pod.remaining[0]
        assert left is not None
        assert left < 2.0  # as the client rounds it


async def test_a_cancelled_call_is_cancelled_at_the_pod_and_its_connection_stays() -> None:
    pod = GrpcPod()
    async with behind(pod) as (r, stub):
        call = stub.wait(b"")
        await asyncio.wait_for(pod.started.wait(), TIMEOUT)
        call.cancel()
        await asyncio.wait_for(pod.cancelled.wait(), TIMEOUT)
        (backend,) = r.state.balancer.backends.values()
        (before,) = backend.shared
        assert await stub.once(b"again") == b"again"
        assert backend.shared == [before]


async def test_large_messages() -> None:
    large = bytes(range(256)) * (4 << 12)
    pod = GrpcPod(max_receive_message_length=8 << 20, max_send_message_length=8 << 20)
    async with behind(pod, options=MEGABYTES) as (_, stub):
        assert await stub.once(large) == large
        call = stub.chat()
        for _ in range(3):
            await call.write(large)
            assert await call.read() == large.upper()
        await call.done_writing()
        assert await call.code() is grpc.StatusCode.OK


async def test_many_calls_share_a_connection() -> None:
    async with behind(GrpcPod()) as (r, stub):
        words = [b"%d" % index for index in range(300)]
        assert await asyncio.gather(*(stub.once(word) for word in words)) == words
        (backend,) = r.state.balancer.backends.values()
        assert len(backend.shared) == 1
        assert len(r.gateway.connections.open) <= 100


async def test_more_calls_than_a_pod_allows_on_one_connection() -> None:
    async with behind(GrpcPod(max_concurrent_streams=10)) as (r, stub):
        words = [b"%d" % index for index in range(100)]
        assert await asyncio.gather(*(stub.once(word) for word in words)) == words
        (backend,) = r.state.balancer.backends.values()
        assert 1 < len(backend.shared) <= 10


async def test_the_token_is_metadata_of_the_call() -> None:
    async with behind(GrpcPod(), set_auth=True, digest=DIGEST) as (_, stub):
        assert await stub.once(b"in", metadata=BASIC) == b"in"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.once(b"out")
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_calls_pass_by_tls(tmp_path: Path) -> None:
    files = issue(tmp_path, "localhost")
    certificate = Certificate(files)
    authority = grpc.ssl_channel_credentials(files.certificate.read_bytes())
    pod = GrpcPod()
    await pod.start()
    async with rig(pod, protocol="grpc", secured=lambda: certificate.context) as r:
        channel = grpc.aio.secure_channel(f"localhost:{r.port}", authority)
        try:
            assert await Stub(channel).once(b"hidden") == b"hidden"
        finally:
            await closed(channel)
        await r.balanced()


async def test_concurrency_bounds_calls() -> None:
    pod = GrpcPod()
    async with behind(pod, concurrency=1) as (r, stub):
        first = stub.wait(b"")
        await asyncio.wait_for(pod.started.wait(), TIMEOUT)
        second = asyncio.ensure_future(stub.once(b"next"))
        await r.until(lambda: r.state.waiting == 1)
        first.cancel()
        assert await second == b"next"


async def test_a_pod_that_ages_its_connections_is_not_noticed() -> None:
    """It sends GOAWAY again and again; calls on their way end well, others take a new one."""
    async with behind(GrpcPod(max_connection_age_ms=100, max_connection_age_grace_ms=5000)) as (
        r,
        stub,
    ):
        began = r.gateway.context.now
        while r.gateway.context.now < began + 1.5:
            words = [b"%d" % index for index in range(20)]
            assert await asyncio.gather(*(stub.once(word) for word in words)) == words


async def test_pings_of_the_client_are_borne() -> None:
    options = [
        ("grpc.keepalive_time_ms", 100),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
    ]
    pod = GrpcPod()
    async with behind(pod, options=options) as (r, stub):
        call = stub.wait(b"")
        await asyncio.wait_for(pod.started.wait(), TIMEOUT)
        now = r.gateway.context.now
        await r.until(lambda: r.gateway.context.now > now + 1.0)
        assert not call.done()
        call.cancel()
        assert await stub.once(b"on") == b"on"
