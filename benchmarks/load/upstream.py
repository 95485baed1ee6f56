"""The application behind every proxy: static answers from one uvloop process.

`python -m benchmarks.load.upstream PORT ADDRESS…` listens on all addresses, prints `ready`, and on
SIGTERM finishes what it has and exits. Paths: `/` (small), `/json` (POST), `/10m`, `/upload`
(POST), `/events` (SSE, one event each 10 ms), `/ws` (WebSocket echo of short messages).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import signal
import sys
from typing import cast

import uvloop

BIG = 10 * 1024 * 1024
EVENT_PERIOD = 0.01

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"\r\nsec-websocket-key: *([^\r]+)", re.IGNORECASE)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _answer(body: bytes, kind: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body


SMALL = _answer(b"x" * 100, b"text/plain")
JSON = _answer(b'{"label":"cat","score":0.97}', b"application/json")
LARGE = _answer(b"x" * BIG, b"application/octet-stream")
EVENTS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
EVENT = b"data: " + b"t" * 24 + b"\n\n"
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)


class Application(asyncio.Protocol):
    """One connection."""

    open: set[Application] = set()  # noqa: RUF012
    draining = False

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._body_left = 0
        self._ticking: asyncio.TimerHandle | None = None
        self._websocket = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.open.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.open.discard(self)
        if self._ticking is not None:
            self._ticking.cancel()

    def data_received(self, data: bytes) -> None:
        if self._websocket:
            self._echo(data)
            return
        if self._body_left >= len(data) and not self._data:
            self._body_left -= len(data)
            if self._body_left == 0:
                self._write(JSON)
            return
        self._data += data
        while self._take_head():
            pass

    def close_when_idle(self) -> None:
        """What a well-behaved server does on SIGTERM."""
        if self._transport is not None and not self._data and not self._body_left:
            self._transport.close()

    def _take_head(self) -> bool:
        if self._body_left:
            taken = min(self._body_left, len(self._data))
            del self._data[:taken]
            self._body_left -= taken
            if self._body_left:
                return False
            self._write(JSON)
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._data[: end + 4])
        del self._data[: end + 4]
        self._dispatch(head)
        return bool(self._data)

    def _dispatch(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1].partition(b"?")[0]
        if head.startswith(b"POST"):
            found = _LENGTH.search(head)
            self._body_left = int(found[1]) if found else 0
            if not self._body_left:
                self._write(JSON)
        elif path == b"/10m":
            self._write(LARGE)
        elif path == b"/events":
            self._write(EVENTS)
            self._tick()
        elif path == b"/ws":
            self._upgrade(head)
        else:
            self._write(SMALL)

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)
        if self.draining and not self._data:
            self._transport.close()

    def _tick(self) -> None:
        self._write(CHUNK)
        self._ticking = asyncio.get_running_loop().call_later(EVENT_PERIOD, self._tick)

    def _upgrade(self, head: bytes) -> None:
        key = _KEY.search(head)
        accept = base64.b64encode(hashlib.sha1((key[1] if key else b"") + _GUID).digest())
        self._websocket = True
        self._write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def _echo(self, data: bytes) -> None:
        """Masked frames of less than 126 bytes come back unmasked."""
        self._data += data
        while len(self._data) >= 6 and len(self._data) >= 6 + (self._data[1] & 0x7F):
            length = self._data[1] & 0x7F
            mask = self._data[2:6]
            text = bytes(c ^ mask[i & 3] for i, c in enumerate(self._data[6 : 6 + length]))
            self._write(bytes((self._data[0], length)) + text)
            del self._data[: 6 + length]


async def serve(port: int, addresses: list[str]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(Application, addresses, port, backlog=4096)
    print("ready", flush=True)
    await stop.wait()
    server.close()
    Application.draining = True
    for connection in list(Application.open):
        connection.close_when_idle()
    while Application.open:  # noqa: ASYNC110  a benchmark may look
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2:]))
