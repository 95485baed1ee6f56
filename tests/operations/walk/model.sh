exec python3 /dev/fd/3 3<<'PYTHON'
"""A page, an upload, events, a WebSocket, and what OpenAI's client asks of a chat."""

import asyncio
import json
import os

from aiohttp import web


async def hello(request):
    return web.Response(text="hello", content_type="text/html")


async def health(request):
    return web.Response()


async def upload(request):
    fields = await request.post()
    return web.Response(text=f"{len(fields['data'].file.read())} bytes")


async def streamed(request, pieces):
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    for piece in pieces:
        await answer.write(f"data: {piece}\n\n".encode())
        await asyncio.sleep(0)
    return answer


async def events(request):
    return await streamed(request, ["first", "second"])


async def chat(request):
    wanted = await request.json()
    common = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": wanted["model"]}
    words = [
        json.dumps(common | {"choices": [{"index": 0, "delta": {"content": word}}]})
        for word in ("Good", " day")
    ]
    return await streamed(request, [*words, "[DONE]"])


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(f"echo of {message.data}")
    return socket


app = web.Application()
app.router.add_get("/", hello)
app.router.add_get("/hello", hello)
app.router.add_get("/health", health)
app.router.add_post("/upload", upload)
app.router.add_get("/events", events)
app.router.add_post("/v1/chat/completions", chat)
app.router.add_get("/ws", echo)
web.run_app(app, host=os.environ["HOST"], port=5000)
PYTHON
