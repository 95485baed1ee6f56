#!/bin/sh
# A chat in one page. All its addresses are relative, so it works under any sub-path.
set -eu

python3 -c 'import aiohttp' 2> /dev/null || python3 -m pip install --quiet aiohttp

exec python3 /dev/fd/3 3<<'PYTHON'
"""The page on /, the WebSocket on /ws: what one client sends, all get, with a number in order."""

import itertools
import json
import os

from aiohttp import WSCloseCode, WSMsgType, web

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"><title>Chat</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
  #state { color: #777 }
  li { overflow-wrap: anywhere }
  form { display: flex; gap: .5rem } input { flex: 1; font: inherit }
</style>
</head>
<body>
<h1>Chat</h1>
<p id="state">connecting…</p>
<ol id="messages"></ol>
<form><input id="text" maxlength="1000" autocomplete="off" autofocus><button>Send</button></form>
<script>
  const state = document.getElementById("state"), text = document.getElementById("text");
  const address = new URL("ws", document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  let socket;
  function connect() {
    socket = new WebSocket(address);
    socket.onopen = () => { state.textContent = "connected" };
    socket.onclose = () => { state.textContent = "reconnecting…"; setTimeout(connect, 1000) };
    socket.onmessage = event => {
      const item = document.createElement("li"), message = JSON.parse(event.data);
      item.value = message.number;
      item.textContent = message.text;
      document.getElementById("messages").append(item);
    };
  }
  document.querySelector("form").onsubmit = event => {
    event.preventDefault();
    if (text.value && socket.readyState === WebSocket.OPEN) { socket.send(text.value); text.value = "" }
  };
  connect();
</script>
</body>
</html>
"""

clients = set()
numbers = itertools.count(1)


async def page(request):
    return web.Response(text=PAGE, content_type="text/html")


async def socket(request):
    client = web.WebSocketResponse(heartbeat=30, max_msg_size=64 * 1024)
    await client.prepare(request)
    clients.add(client)
    try:
        async for message in client:
            if message.type is WSMsgType.TEXT:
                await broadcast(json.dumps({"number": next(numbers), "text": message.data[:1000]}))
    finally:
        clients.discard(client)
    return client


async def broadcast(text):
    for client in list(clients):
        try:
            await client.send_str(text)
        except ConnectionError:
            clients.discard(client)


async def close_all(app):
    for client in list(clients):
        await client.close(code=WSCloseCode.GOING_AWAY)


app = web.Application()
app.add_routes([web.get("/", page), web.get("/ws", socket)])
app.on_shutdown.append(close_all)
web.run_app(
    app,
    host=os.environ.get("HOST", "0.0.0.0"),
    port=int(os.environ.get("PORT", "8000")),
    access_log=None,
    print=None,
)
PYTHON
