"""A FastAPI application as users write it: it learns its prefix from X-Forwarded-Prefix."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request, WebSocket
from fastapi.responses import RedirectResponse, StreamingResponse
from fastapi_offline import FastAPIOffline

steps: asyncio.Queue[str] = asyncio.Queue()


class Prefix:
    """Sets `root_path` for each request; by ASGI the path begins with it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            fields = dict(scope["headers"])
            prefix = fields.get(b"x-forwarded-prefix", b"").decode()
            scope |= {"root_path": prefix, "path": prefix + scope["path"]}
        await self.app(scope, receive, send)


app = FastAPIOffline(title="Tried through the gateway")
app.add_middleware(Prefix)


@app.get("/hello")
async def hello(request: Request) -> dict[str, str]:
    return {"url": str(request.url_for("hello"))}


@app.get("/go")
async def go() -> RedirectResponse:
    """An absolute path that knows nothing of the prefix: the gateway mends it."""
    response = RedirectResponse("/hello")
    response.set_cookie("seen", "yes", path="/")
    return response


@app.post("/step/{text}")
async def step(text: str) -> None:
    await steps.put(text)


@app.get("/events")
async def events() -> StreamingResponse:
    async def stream() -> AsyncIterator[str]:
        yield "data: begin\n\n"
        while (text := await steps.get()) != "end":
            yield f"data: {text}\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream")


@app.websocket("/ws")
async def echo(socket: WebSocket) -> None:
    await socket.accept(subprotocol="second")
    async for message in socket.iter_bytes():
        await socket.send_bytes(message)
