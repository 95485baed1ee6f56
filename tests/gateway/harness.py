"""A gateway on real sockets before pods that do what a test tells them, byte by byte."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from gateway.access_log import AccessLog, Entry
from gateway.dataplane.server import Gateway
from gateway.limits import Identity, Limits
from gateway.routing.cors import Cors
from gateway.services.registry import Services
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.stats import Stats
from shared.runtime.clock import settle
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from ssl import SSLContext

    from gateway.dataplane.traced import Tracer
    from gateway.net.descriptors import Descriptors
    from gateway.services.state import ServiceState

TOKEN = "0123456789abcdef" * 4
DIGEST = hashlib.sha256(TOKEN.encode()).digest()
PREFIX = b"/system/services/echo/exposed"
TIMEOUT = 30.0


class Wire:
    """One end of a connection, for tests: reads what it is asked for, in bounded time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Write each piece on its own."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def head(self) -> bytes:
        """Everything up to and with the next empty line."""
        async with asyncio.timeout(TIMEOUT):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def exactly(self, count: int) -> bytes:
        async with asyncio.timeout(TIMEOUT):
            return await self.reader.readexactly(count)

    async def line(self) -> bytes:
        async with asyncio.timeout(TIMEOUT):
            return await self.reader.readuntil(b"\r\n")

    async def chunks(self) -> bytes:
        """A chunked body, without its framing."""
        body = b""
        while size := int((await self.line())[:-2], 16):
            body += await self.exactly(size)
            assert await self.exactly(2) == b"\r\n"
        assert await self.exactly(2) == b"\r\n"
        return body

    async def response(self, *, bodyless: bool = False) -> Response:
        """A whole response."""
        head = await self.head()
        fields = head_fields(head)
        status = int(head[9:12])
        if bodyless or status < 200 or status in (204, 304):
            body = b""
        elif b"transfer-encoding" in fields:
            body = await self.chunks()
        elif b"content-length" in fields:
            body = await self.exactly(int(fields[b"content-length"]))
        else:
            body = await self.rest()
        return Response(status, fields, body, head)

    async def request(self) -> Request:
        """A whole request, as a pod reads it."""
        head = await self.head()
        fields = head_fields(head)
        body = b""
        if b"transfer-encoding" in fields:
            body = await self.chunks()
        elif b"content-length" in fields:
            body = await self.exactly(int(fields[b"content-length"]))
        return Request(head.split(b" ", 2)[1], fields, body, head)

    async def rest(self) -> bytes:
        """Everything up to the end of the connection; a reset raises."""
        async with asyncio.timeout(TIMEOUT):
            return await self.reader.read()

    async def ended(self) -> bool:
        """Wait for the end, clean or by reset; True when it was a reset."""
        try:
            while await asyncio.wait_for(self.reader.read(65536), TIMEOUT):
                pass
        except ConnectionError:
            return True
        return False

    def reset(self) -> None:
        """Break the connection off."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@dataclass
class Response:
    status: int
    fields: dict[bytes, bytes]
    body: bytes
    head: bytes


@dataclass
class Request:
    target: bytes
    fields: dict[bytes, bytes]
    body: bytes
    head: bytes


def head_fields(head: bytes) -> dict[bytes, bytes]:
    """Fields of a head by lower-case name; a repeated one fails the test that did not ask for it
    (Set-Cookie is joined by a comma)."""
    found: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n")[1:-2]:
        name, _, value = line.partition(b": ")
        name = name.lower()
        assert name not in found or name == b"set-cookie", head
        found[name] = found[name] + b"," + value if name in found else value
    return found


class Pod:
    """A server whose connections are handled by `script`, one call each."""

    def __init__(self, script: Callable[[Wire], Awaitable[None]]) -> None:
        self.script = script
        self.connections = 0
        self.open: set[Wire] = set()
        self.failure: AssertionError | None = None
        """What a script found wrong; it ends the connection, and the rig raises it."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, address: str = "127.0.0.1", port: int = 0, backlog: int = 1024) -> Pod:
        self._server = await asyncio.start_server(
            self._serve, address, port, limit=1 << 24, backlog=backlog
        )
        self.address, self.port = self._server.sockets[0].getsockname()[:2]
        return self

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.address, self.port, pod=f"pod-{self.port}")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer)
        self.connections += 1
        self.open.add(wire)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self.script(wire)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the gateway hung up, or the test is over
        except AssertionError as error:
            self.failure = error
        finally:
            self.open.discard(wire)
            self._tasks.discard(task)
            await wire.close()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def answering(response: bytes) -> Callable[[Wire], Awaitable[None]]:
    """A script that answers every request with the same bytes."""

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await wire.send(response)

    return script


async def echo(wire: Wire) -> None:
    """Answer with the request's head as the pod saw it, and its body."""
    while True:
        request = await wire.request()
        body = request.head + request.body
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        await wire.send(head + (b"" if request.head.startswith(b"HEAD") else body))


class Log(AccessLog):
    """Keeps the entries."""

    def __init__(self) -> None:
        super().__init__("all", "json")
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)


@dataclass
class Rig:
    """A gateway with one service, `echo`."""

    gateway: Gateway
    services: Services
    stats: Stats
    log: Log
    port: int
    wires: list[Wire] = field(default_factory=list)

    @property
    def state(self) -> ServiceState:
        route = self.services.table.find("echo")
        assert route is not None
        return route.state

    async def connect(self) -> Wire:
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24))
        self.wires.append(wire)
        return wire

    async def ask(self, request: bytes, *, bodyless: bool = False) -> Response:
        """One request on a connection of its own."""
        wire = await self.connect()
        await wire.send(request)
        response = await wire.response(bodyless=bodyless)
        await wire.close()
        return response

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what other tasks bring about."""
        await until(condition, seconds=TIMEOUT)

    async def balanced(self) -> None:
        """Wait until nothing is held: no slot, no waiter, no exchange, no attempt to connect.

        The time in slots is then that of the requests which had one, whatever end they took.
        """
        state = self.state
        await self.until(
            lambda: (
                state.in_flight == 0
                and state.waiting == 0
                and not self.gateway.context.connecting
                and all(one.in_flight == 0 for one in state.balancer.backends.values())
                and all(one.exchange is None for one in self.gateway.connections.open)
            )
        )
        served = [one for one in self.log.entries if one.service == "echo" and one.endpoint]
        if not any(one.queue_wait for one in served):
            spent = sum(one.duration for one in served)
            assert state.admission.request_seconds(0.0) == pytest.approx(spent, abs=1e-6)


def get(path: bytes = b"/", *lines: bytes, method: bytes = b"GET") -> bytes:
    """A request to the service `echo`."""
    start = method + b" " + PREFIX + path + b" HTTP/1.1\r\nHost: gateway.test\r\n"
    return start + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def post(body: bytes, path: bytes = b"/", *lines: bytes) -> bytes:
    """A request with a body of known length."""
    return get(path, b"Content-Length: %d" % len(body), *lines, method=b"POST") + body


@asynccontextmanager
async def rig(
    *pods: Pod,
    limits: Limits | None = None,
    identity: Identity | None = None,
    cors: Cors | None = None,
    secured: Callable[[], SSLContext] | None = None,
    descriptors: Descriptors | None = None,
    tracer: Tracer | None = None,
    **spec: Any,
) -> AsyncIterator[Rig]:
    """A gateway that routes the service `echo` to `pods`; everything is gone afterwards.

    `secured` makes its port one of TLS.
    """
    limits = limits or Limits()
    stats = Stats()
    services = Services(limits, stats)
    services.define([ServiceSpec("echo", **{"api_port": 8080, **spec})])
    services.locate("echo", [pod.endpoint for pod in pods])
    log = Log()
    identity, cors = identity or Identity(), cors or Cors()
    gateway = Gateway(services, stats, limits, identity, cors, log, descriptors, tracer)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    await gateway.listen(sock, secured=secured)
    made = Rig(gateway, services, stats, log, sock.getsockname()[1])
    try:
        yield made
    finally:
        for wire in made.wires:
            await wire.close()
        await gateway.close()
        for pod in pods:
            await pod.stop()
        await settle()
        for pod in pods:
            if pod.failure is not None:
                raise pod.failure
