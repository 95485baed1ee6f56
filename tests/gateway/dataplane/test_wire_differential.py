"""llhttp at both ends of a real gateway: what it reads of a client's bytes, and what it reads of
the bytes that the gateway sends to the pod for them, must be the same requests.

`test_http1_differential` compares the parsers; here the whole path is between: sockets, pieces,
held bytes, plans remembered, heads made anew, bodies relayed, connections used again.

Known and intended differences: we refuse what llhttp takes (its leniencies, and requests to no
service), and take any token for a method, of which llhttp knows the registered ones; trailers and
chunk extensions are dropped; fields are removed and added, so that only method, target, body and
the client's own `X-…` fields are compared.
"""

from __future__ import annotations

import asyncio
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any

import httptools
import pytest

from gateway.limits import Limits
from tests.gateway.harness import PREFIX, TIMEOUT, Pod, Rig, Wire, rig
from tests.gateway.mutations import chunks, cut, mutated

if TYPE_CHECKING:
    from collections.abc import Callable

END = b"\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CASES = 250
Message = tuple[bytes, bytes, tuple[tuple[bytes, bytes], ...], bytes]


class Reader:
    """The requests llhttp reads in a stream, and whether the connection goes on after each."""

    def __init__(self, told: Callable[[], None] = lambda: None) -> None:
        self.messages: list[Message] = []
        self.keeps: list[bool] = []
        self.fault = b""
        self.alien = False
        self._told = told
        self._parser: Any = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self._url = self._body = b""
        self._fields: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes | None) -> None:
        if name.lower().startswith(b"x-own"):
            self._fields.append((name, (value or b"").rstrip(b" \t")))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method()
        self.messages.append((method, self._url, tuple(self._fields), self._body))
        self.keeps.append(self._parser.should_keep_alive())
        self._told()

    def feed(self, data: bytes) -> bool:
        """False when `data` is no HTTP, or when its method is none that llhttp knows."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserInvalidMethodError:
            self.alien = True
            return False
        except httptools.HttpParserError:
            self.fault = data
            return False
        return True


class Oracle:
    """A pod that reads with llhttp, and fails on anything that it does not take."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.faults: list[bytes] = []

    async def __call__(self, wire: Wire) -> None:
        def answer() -> None:
            self.messages.append(reader.messages[-1])
            wire.writer.write(OK)

        reader = Reader(answer)
        while data := await wire.reader.read(65536):
            if not reader.feed(data):
                self.faults += [reader.fault] if reader.fault else []
                return


def request(random: Random) -> bytes:
    method = random.choice([b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS"])
    target = PREFIX + random.choice([b"/", b"/a?b=c", b"/%2e//;x", b"/" + b"a" * 200])
    version = random.choice([b"1.1", b"1.1", b"1.1", b"1.0"])
    lines = [method + b" " + target + b" HTTP/" + version, b"Host: h.test"]
    own = [b"X-Own-A: 1", b"X-Own-B: \t two  ", b"X-Own-C:", b"x-own-d: \xe9"]
    hops = [b"Connection: keep-alive", b"Connection: close", b"Connection: x-hop", b"Keep-Alive: 5"]
    lines += random.sample(own, random.randrange(3)) + random.sample(hops, random.randrange(2))
    body = random.randbytes(random.randrange(40))
    kind = random.randrange(3) if version == b"1.1" else random.randrange(2)
    if kind == 1:
        lines.append(b"Content-Length: %d" % len(body))
    elif kind == 2:
        lines.append(b"Transfer-Encoding: chunked")
        body = chunks(random, body)
    else:
        body = b""
    return b"\r\n".join(lines) + END + body


async def statuses(wire: Wire) -> list[int]:
    """The gateway's answers on one connection, to its end."""
    found = []
    while True:
        try:
            found.append((await wire.response()).status)
        except asyncio.IncompleteReadError:
            return found
        except ConnectionError:
            return found


async def talk(r: Rig, pieces: list[bytes]) -> list[int]:
    wire = await r.connect()
    reading = asyncio.create_task(statuses(wire), name="reading")
    for piece in pieces:
        wire.writer.write(piece)
        await asyncio.sleep(0)
    await quiet(r)
    if wire.writer.can_write_eof() and not reading.done():
        wire.writer.write_eof()
    found = await reading
    await wire.close()
    r.wires.remove(wire)
    return found


async def quiet(r: Rig) -> None:
    """Until the gateway waits for nobody but the client, several looks in turn."""
    looks, end = 0, monotonic() + TIMEOUT
    while monotonic() < end:
        await asyncio.sleep(0)
        busy = [one.exchange for one in r.gateway.connections.open if one.exchange is not None]
        looks = looks + 1 if all(_wants_body(exchange) for exchange in busy) else 0
        if looks == 10:
            return
    raise AssertionError("the gateway does not come to rest")


def _wants_body(exchange: Any) -> bool:
    upload = getattr(exchange, "upload", None)  # a straight one has none
    return upload is not None and upload.expected


@pytest.mark.parametrize("seed", range(4))
async def test_the_pod_reads_what_the_client_wrote(seed: int) -> None:
    random = Random(seed)
    passed = 0
    async with rig(await Pod(oracle := Oracle()).start(), limits=Limits(linger=0.05)) as r:
        for _ in range(CASES):
            parts = [mutated(random, request(random)) for _ in range(random.choice([1, 1, 2, 3]))]
            data = b"".join(parts)
            oracle.messages.clear()
            found = await talk(r, cut(random, data))
            reader = Reader()
            reader.feed(data)
            assert not oracle.faults, (data, oracle.faults)
            expected = iter([stripped(message) for message in reader.messages])
            alike = all(message in expected for message in oracle.messages)
            assert alike or reader.alien, (data, oracle.messages, reader.messages)
            passed += len(oracle.messages)
            assert found.count(200) <= len(oracle.messages), data
        await r.balanced()
    assert passed > CASES / 3


def stripped(message: Message) -> Message:
    method, target, fields, body = message
    rest = target.removeprefix(b"http://h.test").removeprefix(PREFIX)
    return method, rest, fields, body


@pytest.mark.parametrize("seed", range(2))
async def test_a_connection_goes_on_where_llhttp_says_so(seed: int) -> None:
    random = Random(100 + seed)
    async with rig(await Pod(Oracle()).start()) as r:
        for _ in range(CASES // 2):
            data = request(random)
            reader = Reader()
            assert reader.feed(data)
            wire = await r.connect()
            await wire.send(data)
            answer = await wire.response()
            closes = answer.fields.get(b"connection") == b"close"
            assert closes != reader.keeps[0], data
            if closes:
                assert await wire.rest() == b""
            await wire.close()
            r.wires.remove(wire)
