# Starts fast, with nothing but Python's standard library, and ends as a good server does: what is in
# work is finished. Says when it began to listen and when each request came.
exec python3 -IS /dev/fd/3 3<<'PYTHON'
import asyncio, base64, hashlib, json, os, signal, time
from urllib.parse import parse_qs

ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
idle, busy = set(), set()
stopping = asyncio.Event()


async def serve(reader, writer):
    me = asyncio.current_task()
    try:
        while not stopping.is_set():
            idle.add(me)
            head = await reader.readuntil(b"\r\n\r\n")
            idle.discard(me)
            busy.add(me)
            if not await answer(head, time.time(), reader, writer):
                break
            busy.discard(me)
    except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
        pass
    finally:
        idle.discard(me)
        writer.close()
        busy.discard(me)


async def answer(head, came, reader, writer):
    """Whether the connection can be used again."""
    start, *lines = head.decode("latin-1").split("\r\n")
    path, _, query = start.split(" ")[1].partition("?")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if path.endswith("/events"):
        return await events(writer)
    if path.endswith("/socket"):
        return await tunnel(fields["sec-websocket-key"].encode(), reader, writer)
    body = await reader.readexactly(int(fields.get("content-length", 0)))
    await asyncio.sleep(float(parse_qs(query).get("seconds", ["0"])[0]))
    told = {"pid": os.getpid(), "listening": listening, "came": came, "bytes": len(body)}
    text = json.dumps(told).encode()
    last = b"Connection: close\r\n" if stopping.is_set() else b""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
                 % (last, len(text)) + text)
    await writer.drain()
    return not last


async def events(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    while not stopping.is_set():
        writer.write(b"data: tick\n\n")
        await writer.drain()
        await asyncio.sleep(0.1)


async def tunnel(key, reader, writer):
    digest = base64.b64encode(hashlib.sha1(key + ACCEPT).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Accept: %s\r\n\r\n" % digest)
    while (data := await reader.read(1024)) and data[0] & 15 != 8:
        writer.write(b"\x81\x02ok")
    writer.write(b"\x88\x00")
    await writer.drain()


async def main():
    global listening
    time.sleep(float(os.environ.get("LOAD", "0")))
    server = await asyncio.start_server(serve, os.environ["HOST"], int(os.environ["PORT"]), backlog=1024)
    listening = time.time()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    server.close()
    for task in list(idle):
        task.cancel()
    while busy:
        await asyncio.sleep(0.01)


asyncio.run(main())
PYTHON
