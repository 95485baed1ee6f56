#!/bin/sh
exec python3 /dev/fd/3 3<<'PYTHON'
import asyncio
import os

from aiohttp import web


async def page(request):
    return web.Response(text="steady")


async def slow(request):
    await asyncio.sleep(float(request.query["seconds"]))
    return web.Response(text="slow")


async def stream(request):
    answer = web.StreamResponse()
    await answer.prepare(request)
    for number in range(int(request.query["parts"])):
        await answer.write(b"%06d\n" % number)
        await asyncio.sleep(0.2)
    return answer


async def upload(request):
    total = 0
    async for chunk in request.content.iter_any():
        total += len(chunk)
    return web.Response(text=str(total))


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


app = web.Application()
app.add_routes([web.get("/", page), web.get("/stream", stream), web.post("/upload", upload)])
app.add_routes([web.get("/echo", echo), web.get("/slow", slow)])
web.run_app(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), print=None, access_log=None)
PYTHON
