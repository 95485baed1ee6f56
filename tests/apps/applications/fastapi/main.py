"""A FastAPI application that knows nothing of a prefix: the server gives it its root path."""

import asyncio

from fastapi import Request, WebSocket
from fastapi.responses import RedirectResponse, StreamingResponse
from fastapi_offline import FastAPIOffline

steps: asyncio.Queue[str] = asyncio.Queue()
app = FastAPIOffline(title="Tried through the gateway")


@app.get("/hello")
async def hello(request: Request) -> dict[str, str]:
    return {"url": str(request.url_for("hello"))}


@app.get("/items/")
async def items() -> str:
    """Starlette itself redirects /items, to an absolute URL."""
    return "the items"


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
    async def stream():
        yield "data: begin\n\n"
        while (text := await steps.get()) != "end":
            yield f"data: {text}\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream")


@app.websocket("/ws")
async def echo(socket: WebSocket) -> None:
    await socket.accept(subprotocol="second")
    async for message in socket.iter_bytes():
        await socket.send_bytes(message)
