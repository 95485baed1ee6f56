"""A Kubernetes API server that answers what a test scripts, over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from typing import Any

import orjson
from aiohttp import web

from shared.service.objects import Obj
from tests.loopback import listening

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Call:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Script:
    """Answers in order; when none is left, `otherwise`. Every request is kept in `calls`."""

    answers: list[Answer] = field(default_factory=list)
    otherwise: Answer | None = None
    calls: list[Call] = field(default_factory=list)
    port: int = 0
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def then(self, *answers: Answer) -> Script:
        self.answers += answers
        return self

    async def until(self, calls: int) -> None:
        """Wait until so many requests have come."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.calls) >= calls)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = orjson.loads(raw) if raw else None
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append(Call(request.method, request.path, dict(request.query), headers, body))
        async with self.arrived:
            self.arrived.notify_all()
        answer = self.answers.pop(0) if self.answers else self.otherwise
        assert answer is not None, f"no answer scripted for {request.method} {request.path_qs}"
        return await answer(request)


@contextlib.asynccontextmanager
async def serve(script: Script, tls: SSLContext | None = None) -> AsyncIterator[Script]:
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", script.handle)
    async with listening(app, tls) as script.port:
        yield script


def says(body: Obj, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON; header names are given with `_` for `-`."""

    async def answer(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(body, status=status, headers=named)

    return answer


def refuses(code: int, reason: str, message: str = "no", **headers: str) -> Answer:
    """Answer with a Status of failure."""
    return says(status(code, reason, message), code, **headers)


def status(code: int, reason: str, message: str = "no", **details: Any) -> Obj:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
    return body | {"reason": reason, "code": code, "details": details}


def resets() -> Answer:
    """Cut the connection without an answer."""

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return answer


def hangs() -> Answer:
    """Never answer."""

    async def answer(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    return answer


def streams(*events: Obj | bytes, then: asyncio.Event | None = None, cut: bool = False) -> Answer:
    """Answer a watch with `events` (bytes are sent as they are); end after `then` is set.

    `cut` aborts the connection instead of ending the stream properly.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for event in events:
            raw = event if isinstance(event, bytes) else orjson.dumps(event) + b"\n"
            await response.write(raw)
        if then is not None:
            await then.wait()
        if cut:
            assert request.transport is not None
            request.transport.abort()
        return response

    return answer


def item(name: str, version: int = 1, namespace: str = "oscar-svc", **more: Any) -> Obj:
    metadata = {"name": name, "namespace": namespace, "resourceVersion": str(version)}
    return {"metadata": metadata} | more


def listing(*items: Obj, version: int = 10, token: str = "") -> Obj:
    metadata = {"resourceVersion": str(version)} | ({"continue": token} if token else {})
    return {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": metadata, "items": items}


def event(kind: str, obj: Obj) -> Obj:
    return {"type": kind, "object": obj}


def bookmark(version: int) -> Obj:
    return event("BOOKMARK", {"metadata": {"resourceVersion": str(version)}})


def kubeconfig(url: str, **user: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user or {"token": "sesame"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


def kubeconfig_file(folder: Path, url: str, **user: Any) -> str:
    """Write a kubeconfig for the API server at `url` into `folder`; the answer is its path."""
    path = folder / "kubeconfig"
    path.write_text(json.dumps(kubeconfig(url, **user)))
    return str(path)
