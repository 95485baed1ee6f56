"""Nothing that a client can vary makes the gateway keep more and more.

What a gateway holds on to is measured as the sum of all objects that can be reached from it. The
memories are made small, so that they are full before the first measurement; what grows after that
grows without bound. It covers one process's objects; bytes in buffers are in `test_resident_memory`
and `test_backpressure`.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from gateway import memory
from gateway.dataplane import context
from gateway.limits import Limits
from gateway.protocol import http1
from gateway.routing import cors, heads, reply
from gateway.services import registry
from tests.gateway.harness import PREFIX, TOKEN, Pod, Rig, Wire, get, rig

if TYPE_CHECKING:
    from collections.abc import Callable

ROUND = 24
"""Requests of a measurement, each sent twice: what comes twice is remembered."""
FILLER = b"x" * 5000
"""Makes what is kept of a request weigh something: 120 KB a round at least, if all is kept."""
LONG = b"x" * 400
MUCH = 150_000
"""More than four requests, plans and replies, which may be kept at one time and not at another."""
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")
SWITCH = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"
_OUTSIDE = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)


@pytest.fixture(autouse=True)
def _small_memories(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (context, registry, reply):
        monkeypatch.setattr(module, "REMEMBERED", 4)
    for name in ("SHAPES", "FORMS"):
        monkeypatch.setattr(heads, name, 2)
    monkeypatch.setattr(memory, "MARKS", 16)
    budget = memory.Budget(100_000)
    monkeypatch.setattr(http1, "_request_names", memory.Memory(4, budget, longest=64))
    monkeypatch.setattr(http1, "_response_names", memory.Memory(4, budget, longest=64))
    monkeypatch.setattr(cors, "_CACHED_ORIGINS", 4, raising=False)


def weight(*roots: object) -> int:
    """Bytes of all objects of ours that can be reached from `roots`."""
    gc.collect()
    seen: set[int] = set()
    left: list[Any] = list(roots)
    total = 0
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, _OUTSIDE) or _is_foreign(one):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        left.extend(gc.get_referents(one))
    return total


def _is_foreign(one: object) -> bool:
    """The loop and its transports, from where all of the test can be reached."""
    return type(one).__module__.partition(".")[0] in ("asyncio", "_asyncio", "socket", "tests")


def kept(r: Rig) -> int:
    names = (http1._request_names, http1._response_names)
    return weight(r.gateway.context, r.gateway.connections, r.services, r.stats, *names)


def of(n: int) -> bytes:
    return b"%d%b" % (n, FILLER)


VARIED: dict[str, Callable[[int], bytes]] = {
    "paths": lambda n: get(b"/" + of(n)),
    "queries": lambda n: get(b"/?" + of(n)),
    "names of services": lambda n: get().replace(b"/echo/", b"/s%d/" % n),
    "paths to nowhere": lambda n: get().replace(PREFIX, b"/" + of(n)),
    "methods": lambda n: get(method=b"M%d" % n),
    "names of fields": lambda n: get(b"/", *(b"X-%d-%d: y" % (n, one) for one in range(90))),
    "values of fields": lambda n: get(b"/", b"X: " + of(n)),
    "cookies": lambda n: get(b"/", b"Cookie: a=" + of(n)),
    "long cookies": lambda n: get(b"/", b"Cookie: a=" + of(n) * 6),
    "cookies of affinity": lambda n: get(b"/", b"Cookie: oscar_affinity=" + b"%08x" % n * 600),
    "sessions": lambda n: get(b"/", b"Cookie: oscar_exposed_echo=" + of(n)),
    "credentials": lambda n: get(b"/", b"Authorization: Bearer " + of(n)),
    "good credentials": lambda n: get(
        b"/", b"Authorization: Bearer " + TOKEN.encode(), b"Cookie: a=" + of(n)
    ),
    "tokens": lambda n: get(b"/?token=" + of(n)),
    "hosts": lambda n: get().replace(b"gateway.test", of(n)),
    "origins": lambda n: get(b"/", b"Origin: https://%d.%b.example" % (n, b"x" * 200)),
    "preflights": lambda n: get(
        b"/",
        b"Origin: https://%d.%b.example" % (n, b"x" * 200),
        b"Access-Control-Request-Method: PUT",
        method=b"OPTIONS",
    ),
    "request ids": lambda n: get(b"/", b"X-Request-Id: %d-%b" % (n, b"x" * 100)),
    "user agents": lambda n: get(b"/", b"User-Agent: " + of(n)),
    "options of the connection": lambda n: get(b"/", b"Connection: keep-alive, x-" + of(n)),
    "forwarded fields": lambda n: get(b"/", b"X-Forwarded-For: " + of(n), b"Via: " + of(n)),
    "all fields": lambda n: get(
        b"/%d" % n, *(b"X-%d-%d: %b" % (i, n, of(n)[:400]) for i in range(9))
    ),
    "many values": lambda n: get(b"/%d" % n, *(b"X-%d: %b" % (i, of(n)[:400]) for i in range(9))),
    "bodies": lambda n: get(b"/", b"Content-Length: %d" % len(of(n)), method=b"POST") + of(n),
    "chunks": lambda n: (
        get(b"/", b"Transfer-Encoding: chunked", method=b"POST")
        + b"5;x%d=y\r\nhello\r\n0\r\nX-%d: z\r\n\r\n" % (n, n)
    ),
}
SPECS: dict[str, dict[str, Any]] = {
    "open": {"affinity": True},
    "closed": {"set_auth": True, "auth_type": "forward", "digest": b"?" * 32},
}


async def mirror(wire: Wire) -> None:
    """Answers with fields that vary as the requests do."""
    while True:
        request = await wire.request()
        last = request.head.rsplit(b"\r\n", 20)[-3][:3000].replace(b"Connection", b"X")
        field = b"X-%b: %b\r\n" % (b"%d" % (hash(last) % 10**9), last)
        body = b"" if request.head.startswith(b"HEAD") else b"ok"
        await wire.send(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (field, len(body)))
        await wire.send(body)


CASES = [(name, "open") for name in VARIED] + [
    (name, "closed")
    for name in ("paths", "cookies", "long cookies", "sessions", "credentials", "tokens")
]


@pytest.mark.parametrize(("name", "kind"), CASES)
async def test_requests_that_differ(name: str, kind: str) -> None:
    request = VARIED[name]
    policy = cors.Cors(origins=("*",), credentials=False)
    async with rig(await Pod(mirror).start(), cors=policy, **SPECS[kind]) as r:
        sizes = []
        for number in range(3):
            await asyncio.gather(
                *(ask(r, request, range(n, n + ROUND // 3)) for n in starts(number))
            )
            r.log.entries.clear()
            await r.until(lambda: r.state.in_flight == 0 and not r.gateway.connections.open)
            sizes.append(kept(r))
        assert sizes[-1] - sizes[0] < MUCH, sizes


def starts(number: int) -> range:
    return range(number * ROUND, (number + 1) * ROUND, ROUND // 3)


async def ask(r: Rig, request: Callable[[int], bytes], numbers: range) -> None:
    """Send each request twice, and read the answers away."""
    wire = await r.connect()
    for number in numbers:
        for _ in range(2):
            await wire.send(request(number))
            answer = await wire.response(bodyless=number < 0)
            if answer.fields.get(b"connection") == b"close":
                await wire.close()
                wire = await r.connect()
    await wire.close()


async def switching(wire: Wire) -> None:
    await wire.head()
    await wire.send(SWITCH)
    await wire.rest()


async def half_a_head(wire: Wire) -> None:
    await wire.send(get()[:40])


async def half_a_body(wire: Wire) -> None:
    await wire.send(get(b"/", b"Content-Length: 100000", method=b"POST"), b"x" * 70_000)


async def a_tunnel(wire: Wire) -> None:
    await wire.send(get(b"/", *UPGRADE))
    await wire.head()
    await wire.send(b"hello")


async def many_at_once(wire: Wire) -> None:
    wire.writer.write(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n" * 300)
    await wire.head()


@pytest.mark.parametrize("life", [half_a_head, half_a_body, a_tunnel, many_at_once])
async def test_connections_that_come_and_break_off(life: Callable[[Wire], Any]) -> None:
    async with rig(await Pod(switching).start(), limits=Limits(linger=0.05)) as r:
        sizes = []
        for _ in range(3):
            for _ in range(40):
                wire = await r.connect()
                await life(wire)
                wire.reset()
            await r.until(lambda: r.state.in_flight == 0 and not r.gateway.connections.open)
            r.log.entries.clear()
            r.wires.clear()
            sizes.append(kept(r))
        assert r.stats.connections == 0
        assert r.state.stats.tunnels == 0
        assert sizes[-1] - sizes[0] < 20_000, sizes


async def test_labels_are_of_a_closed_set() -> None:
    """No series of metrics is made by what a client sends."""
    async with rig(await Pod(mirror).start()) as r:
        for number in range(30):
            await r.ask(get(b"/%d" % number, method=b"M%d" % number))
            await r.ask(b"GET /system/services/s%d/exposed/ HTTP/1.1\r\nHost: h\r\n\r\n" % number)
        assert set(r.stats.services) == {"echo", "_unknown"}
        assert {key[0] for key in r.state.stats.requests} == {"OTHER"}
