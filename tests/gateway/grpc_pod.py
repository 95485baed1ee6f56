"""A gRPC server that is a pod, by grpcio, without generated code: messages are bytes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from gateway.services.spec import Endpoint
from tests.gateway.harness import Pod, echo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVICE = "demo.Echo"


class GrpcPod(Pod):
    """Answers to `demo.Echo`; what calls ended how is in `ends`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(echo)
        self.options = [(f"grpc.{name}", value) for name, value in options.items()]
        self.started = asyncio.Event()
        """A call of Wait has begun."""
        self.cancelled = asyncio.Event()
        """A call of Wait was cancelled, or its deadline has passed."""
        self.remaining: list[float | None] = []
        """Seconds that were left of the deadline, by call."""
        self.metadata: list[dict[str, Any]] = []
        self.server: Any = None

    async def start(
        self, address: str = "127.0.0.1", port: int = 0, backlog: int = 1024
    ) -> GrpcPod:
        self.server = grpc.aio.server(options=[("grpc.so_reuseport", 0), *self.options])
        self.server.add_generic_rpc_handlers((self._handlers(),))
        self.address, self.port = address, self.server.add_insecure_port(f"{address}:{port}")
        await self.server.start()
        return self

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.address, self.port, pod=f"pod-{self.port}")

    async def stop(self) -> None:
        await self.server.stop(0)

    def _handlers(self) -> Any:
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "Once": grpc.unary_unary_rpc_method_handler(self.once),
                "Many": grpc.unary_stream_rpc_method_handler(self.many),
                "Sum": grpc.stream_unary_rpc_method_handler(self.sum),
                "Chat": grpc.stream_stream_rpc_method_handler(self.chat),
                "Fail": grpc.unary_unary_rpc_method_handler(self.fail),
                "Wait": grpc.unary_unary_rpc_method_handler(self.wait),
            },
        )

    def _note(self, context: Any) -> None:
        self.remaining.append(context.time_remaining())
        self.metadata.append(dict(context.invocation_metadata()))

    async def once(self, request: bytes, context: Any) -> bytes:
        self._note(context)
        await context.send_initial_metadata((("x-first", "1"),))
        context.set_trailing_metadata((("x-last", "2"), ("x-raw-bin", b"\x00\xff\x80")))
        return request

    async def many(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        self._note(context)
        for index in range(int(request)):
            yield b"%d" % index

    async def sum(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        self._note(context)
        return b"%d" % sum([int(one) async for one in requests])

    async def chat(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        self._note(context)
        async for one in requests:
            yield one.upper()

    async def fail(self, request: bytes, context: Any) -> bytes:
        self._note(context)
        context.set_trailing_metadata((("x-details-bin", request),))
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not now: \u00e9 %")
        raise AssertionError

    async def wait(self, request: bytes, context: Any) -> bytes:
        self._note(context)
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()
        return request


class Stub:
    """Calls `demo.Echo` behind the gateway: the prefix is part of the methods' names."""

    def __init__(self, channel: Any, prefix: str = "/system/services/echo/exposed") -> None:
        path = f"{prefix}/{SERVICE}"
        self.once = channel.unary_unary(f"{path}/Once")
        self.many = channel.unary_stream(f"{path}/Many")
        self.sum = channel.stream_unary(f"{path}/Sum")
        self.chat = channel.stream_stream(f"{path}/Chat")
        self.fail = channel.unary_unary(f"{path}/Fail")
        self.wait = channel.unary_unary(f"{path}/Wait")
        self.missing = channel.unary_unary(f"{path}/Missing")


async def closed(channel: Any) -> None:
    """Close a channel; calls that are left are cancelled."""
    with suppress(asyncio.CancelledError):
        await channel.close()
