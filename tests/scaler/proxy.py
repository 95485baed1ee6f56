"""A proxy before an API server that records requests and, as told, breaks answers."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from tests.loopback import listening

Breaker = Callable[[web.Request, aiohttp.ClientResponse | None], Awaitable[web.StreamResponse]]


@dataclass
class Request:
    """One request, when it was answered and how; a watch counts from its head."""

    time: float
    method: str
    path: str
    status: int
    body: Any


@dataclass
class Fault:
    """The next `times` requests of `method` whose path matches get `answer` instead."""

    method: str
    path: str
    answer: Breaker | None
    times: int = 1
    after: bool = False
    """True: the server has done what was asked before the answer is broken."""
    meddle: Callable[[], None] | None = None
    """Done first; without `answer` the request then goes its way."""

    def exhausted(self) -> bool:
        return self.times <= 0

    def applies(self, request: web.Request) -> bool:
        watch = "WATCH" if request.query.get("watch") else request.method
        return self.times > 0 and watch == self.method and bool(re.search(self.path, request.path))


@dataclass
class Proxy:
    """Stands before `upstream`."""

    upstream: str
    down: bool = False
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    port: int = 0
    watches: set[asyncio.Task[Any]] = field(default_factory=set)

    def hang_up(self) -> None:
        """Cut every watch that is open; they begin anew."""
        for watch in self.watches:
            watch.cancel()

    def breaks(self, method: str, path: str, answer: Breaker | None, **more: Any) -> Fault:
        fault = Fault(method, path, answer, **more)
        self.faults.append(fault)
        return fault

    def seen(self, method: str, path: str) -> list[Request]:
        return [r for r in self.requests if r.method == method and re.search(path, r.path)]

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until `done` holds; asked after every request."""
        async with self.changed:
            await self.changed.wait_for(done)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if request.query.get("watch"):
            task = asyncio.current_task()
            assert task is not None
            self.watches.add(task)
            task.add_done_callback(self.watches.discard)
        raw = await request.read()
        fault = next((each for each in self.faults if each.applies(request)), None)
        if fault is None:
            return await self._forward(request, raw, None)
        fault.times -= 1
        if fault.meddle is not None:
            fault.meddle()
        if fault.answer is None or fault.after:
            return await self._forward(request, raw, fault.answer)
        await self._record(request, raw, 0)
        return await fault.answer(request, None)

    async def _forward(
        self, request: web.Request, raw: bytes, breaker: Breaker | None
    ) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k.lower() in _FORWARDED}
        timeout = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(auto_decompress=False, timeout=timeout) as session,
            session.request(
                request.method, self.upstream + request.raw_path, headers=headers, data=raw
            ) as answer,
        ):
            await self._record(request, raw, answer.status)
            if breaker is not None:
                return await breaker(request, answer)
            return await _relay(request, answer)

    async def _record(self, request: web.Request, raw: bytes, status: int) -> None:
        method = "WATCH" if request.query.get("watch") else request.method
        body = orjson.loads(raw) if raw else None
        self.requests.append(Request(time.monotonic(), method, request.path, status, body))
        async with self.changed:
            self.changed.notify_all()


_FORWARDED = {"authorization", "content-type", "accept", "user-agent"}


async def _relay(
    request: web.Request, answer: aiohttp.ClientResponse, most: int | None = None
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status)
    for name in ("Content-Type", "Retry-After"):
        if name in answer.headers:
            response.headers[name] = answer.headers[name]
    await response.prepare(request)
    sent = 0
    with suppress(aiohttp.ClientError, ConnectionError):
        async for piece in answer.content.iter_any():
            part = piece if most is None else piece[: most - sent]
            await response.write(part)
            sent += len(part)
            if most is not None and sent >= most:
                break
    return response


def refuse(status: int, reason: str, **headers: str) -> Breaker:
    async def answer(_: web.Request, __: aiohttp.ClientResponse | None) -> web.StreamResponse:
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "no"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(
            body | {"reason": reason, "code": status}, status=status, headers=named
        )

    return answer


async def hang(_: web.Request, __: aiohttp.ClientResponse | None) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def cut(request: web.Request, _: aiohttp.ClientResponse | None) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def half_a_line(
    request: web.Request, answer: aiohttp.ClientResponse | None
) -> web.StreamResponse:
    """The first bytes of a watch's first event; then the connection is gone."""
    assert answer is not None
    response = await _relay(request, answer, most=40)
    assert request.transport is not None
    request.transport.abort()
    return response


async def expired(request: web.Request, _: aiohttp.ClientResponse | None) -> web.StreamResponse:
    """A watch that begins well and says 410 in its stream."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired",
              "code": 410, "message": "too old resource version"}  # fmt: skip
    await response.write(orjson.dumps({"type": "ERROR", "object": status}) + b"\n")
    return response


@asynccontextmanager
async def proxy(upstream: str, changed: asyncio.Condition | None = None) -> AsyncIterator[Proxy]:
    """A running proxy; `changed` is notified after each request, and may be several proxies'."""
    made = Proxy(upstream, changed=changed or asyncio.Condition())
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    async with listening(app) as made.port:
        yield made
