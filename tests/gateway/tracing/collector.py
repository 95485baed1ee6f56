"""A collector of spans, by OTLP over HTTP, and gateways that send them there."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import getrandbits
from typing import TYPE_CHECKING, Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway.dataplane.traced import Tracer
from gateway.tracing.collector import Collector
from gateway.tracing.exporter import Exporter
from gateway.tracing.sampling import Sampler
from tests.gateway.harness import Pod, Rig, rig
from tests.loopback import listening
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVER = 2
"""The kind of a request's span."""
ERROR = 2
PATIENCE = 60.0
"""Seconds for the last spans, where all of them must come."""


@dataclass(frozen=True)
class Span:
    """As it came; numbers as hex digits, times in nanoseconds."""

    name: str
    trace: str
    number: str
    parent: str
    kind: int
    began: int
    ended: int
    failed: bool
    state: str
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """A request's span and those of its phases, in their order."""

    request: Span
    phases: list[Span]

    @property
    def course(self) -> list[str]:
        """The names of the phases, each with the reason of its failure."""
        return [
            " ".join([one.name, one.attributes.get("error.type", "")]).strip()
            for one in self.phases
        ]

    def __getitem__(self, name: str) -> Any:
        return self.request.attributes.get(name)


class CollectorServer:
    """Takes spans, unless it is told to hang (`release` ends that) or to answer another status."""

    def __init__(self) -> None:
        self.port = 0
        self.status = 200
        self.release = asyncio.Event()
        self.release.set()
        self.posts: list[tuple[dict[str, str], bytes]] = []
        """Fields and bodies, taken or not."""
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.posts.append((dict(request.headers), body))
        await self.release.wait()
        if self.status == 200:
            self._keep(body)
        return web.Response(status=self.status)

    def _keep(self, body: bytes) -> None:
        message = ExportTraceServiceRequest.FromString(body)
        for each in message.resource_spans:
            self.resources.append(_values(each.resource.attributes))
            for scope in each.scope_spans:
                self.spans += [_span(one) for one in scope.spans]

    def traces(self) -> list[Recorded]:
        """Of the requests so far, by their beginning; each is checked to be whole and in order."""
        found = [
            Recorded(
                one,
                sorted(
                    [each for each in self.spans if each.parent == one.number],
                    key=lambda each: (each.began, each.ended),
                ),
            )
            for one in self.spans
            if one.kind == SERVER
        ]
        for each in found:
            _check(each)
        return sorted(found, key=lambda each: each.request.began)

    async def took(self, count: int) -> list[Recorded]:
        """Wait for so many requests."""
        await until(lambda: len(self.traces()) >= count, f"{count} traces")
        return self.traces()

    @classmethod
    @asynccontextmanager
    async def started(cls) -> AsyncIterator[CollectorServer]:
        server = cls()
        app = web.Application(client_max_size=1 << 24)
        app.router.add_post("/v1/traces", server._take)
        async with listening(app) as server.port:
            yield server
            server.release.set()


def _check(one: Recorded) -> None:
    """Phases follow each other within their request."""
    moment = one.request.began
    for phase in one.phases:
        assert moment <= phase.began <= phase.ended, one
        assert phase.trace == one.request.trace
        moment = phase.ended
    assert moment <= one.request.ended


def _span(one: Any) -> Span:
    return Span(
        one.name,
        one.trace_id.hex(),
        one.span_id.hex(),
        one.parent_span_id.hex(),
        one.kind,
        one.start_time_unix_nano,
        one.end_time_unix_nano,
        one.status.code == ERROR,
        one.trace_state,
        _values(one.attributes),
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@dataclass
class Followed:
    """A gateway whose requests are recorded."""

    rig: Rig
    server: CollectorServer
    exporter: Exporter

    async def traces(self) -> list[Recorded]:
        """Of all its requests; no more are exported."""
        await self.exporter.close(PATIENCE)
        return self.server.traces()

    async def trace(self) -> Recorded:
        """Of its only request."""
        (one,) = await self.traces()
        return one


@asynccontextmanager
async def followed(*pods: Pod, ratio: float = 1.0, **options: Any) -> AsyncIterator[Followed]:
    """As `harness.rig`, with a collector; the share `ratio` is recorded."""
    async with CollectorServer.started() as server:
        collector = Collector(server.url + "/v1/traces", ratio, "gateway")
        exporter = Exporter(collector, "one", getrandbits)
        tracer = Tracer(Sampler(ratio, getrandbits), exporter)
        async with rig(*pods, tracer=tracer, **options) as r:
            yield Followed(r, server, exporter)
        await exporter.close()
