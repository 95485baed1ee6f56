"""Heads that are filled in by shape, over sockets: pods and clients get the same bytes as from a
gateway that reads every head as a whole."""

from __future__ import annotations

import asyncio
import re
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.hot_path.clients import CLIENTS, head
from gateway.limits import Limits
from gateway.protocol.ids import Ids
from gateway.routing.heads import Heads
from shared.service.scaling.waking import WakeExcept
from tests.gateway.dataplane.test_wire_differential import quiet
from tests.gateway.harness import DIGEST, TOKEN, Pod, Rig, Wire, get, post, rig
from tests.gateway.mutations import chunks, cut, mutated
from tests.gateway.tracing.collector import followed

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LARGEST = 1000
"""Bytes of a body that is not refused."""
FRESH = re.compile(rb"Date: [^\r]*\r\n|(?<=oscar_affinity=)[0-9a-f]+")
"""Of a second, or of a pod."""
SOMEBODYS = b"\r\nAuthorization: Bearer sk-none"
AUTHORIZED = b"\r\nAuthorization: Bearer " + TOKEN.encode()
SPECS: list[dict[str, Any]] = [
    {},
    {"rewrite_target": True, "affinity": True},
    {"set_auth": True, "auth_type": "forward", "digest": DIGEST},
    {"wake_except": WakeExcept(paths=("/up",))},
]


LIMITS = Limits(body=LARGEST, linger=30.0)


class Recorder:
    """A pod that answers every request alike, and keeps all that it was sent."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    async def __call__(self, wire: Wire) -> None:
        while True:
            request = await wire.head()
            length = re.search(rb"\r\ncontent-length: *(\d+)", request, re.IGNORECASE)
            if length is not None:
                request += await wire.exactly(int(length[1]))
            elif b"\r\nTransfer-Encoding: chunked" in request:
                request += await wire.chunks()
            self.seen.append(request)
            await wire.send(OK)


def request(random: Random, number: int) -> bytes:
    """A whole request of some client, its body in any framing."""
    size = random.choice([0, 1, 5, 700, LARGEST])
    body = random.randbytes(size)
    own = b"X-Own: %d" % number
    way = random.randrange(6)
    if way == 0:
        start = get(b"/%d" % number, b"Transfer-Encoding: chunked", own, method=b"POST")
        return start + chunks(random, body)
    if way == 1:
        return post(body, b"/up?n=%d" % number, b"Expect: 100-continue", own)
    return head(random.choice(CLIENTS), number, size).replace(SOMEBODYS, b"") + body


def whole(random: Random) -> Iterator[list[bytes]]:
    """Requests as they are sent on each connection: one after the other, and pipelined."""
    for number in range(0, 240, 6):
        some = [request(random, number + n) for n in range(6)]
        yield [b"".join(some)] if number % 4 else some


def damaged(random: Random) -> Iterator[list[bytes]]:
    """One on each connection, in pieces; some are not whole, or wrong."""
    for number in range(200):
        data = request(random, number)
        if number % 20 == 0:
            data = head(CLIENTS[0], number, LARGEST + 1) + b"x" * (LARGEST + 1)
        yield cut(random, mutated(random, data))


async def talk(r: Rig, pieces: list[bytes]) -> bytes:
    """All that a client gets for `pieces`, but for what is fresh."""
    wire = await r.connect()
    for piece in pieces:
        wire.writer.write(piece)
        await asyncio.sleep(0)
    await quiet(r)
    wire.writer.write_eof()
    try:
        answer = await wire.rest()
    except ConnectionError:
        answer = b"reset"
    await wire.close()
    r.wires.remove(wire)
    return FRESH.sub(b"", answer)


async def course(
    seed: int, kind: Any, spec: dict[str, Any]
) -> tuple[list[bytes], list[bytes], int]:
    """What pod and clients get, and how many heads were filled in."""
    recorder = Recorder()
    async with rig(await Pod(recorder).start(), limits=LIMITS, **spec) as r:
        r.gateway.context.ids = Ids(bytes)
        streams = kind(Random(seed))
        if "set_auth" in spec:
            host = b"\r\nHost: gateway.test"
            streams = ([one.replace(host, host + AUTHORIZED) for one in each] for each in streams)
        answers = [await talk(r, pieces) for pieces in streams]
        await r.balanced()
        filled = sum(heads._filled for _, heads in r.gateway.context._kinds.values())
    return recorder.seen, answers, filled


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize(("kind", "least"), [(whole, 100), (damaged, 10)])
async def test_the_same_bytes(
    kind: Any, least: int, spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, answers, filled = await course(1, kind, spec)
    monkeypatch.setattr(Heads, "shaped", lambda *_: None)
    assert (seen, answers, 0) == await course(1, kind, spec)
    assert filled >= least
    assert len(seen) >= least


async def test_each_that_is_recorded_has_the_parent_that_its_own_head_names() -> None:
    async with followed(await Pod(recorder := Recorder()).start()) as f:
        wire = await f.rig.connect()
        for number in range(1, 13):
            parent = b"traceparent: 00-%032x-%016x-01" % (number, number)
            await wire.send(get(b"/%d" % number, parent))
            await wire.response()
        spans = [one.request for one in await f.traces()]
        numbers = [(int(one.trace, 16), int(one.parent, 16)) for one in spans]
        assert numbers == [(number, number) for number in range(1, 13)]
        for span, sent in zip(spans, recorder.seen, strict=True):
            assert re.findall(rb"traceparent: (.*)\r", sent) == [
                f"00-{span.trace}-{span.number}-01".encode()
            ]
        assert sum(heads._filled for _, heads in f.rig.gateway.context._kinds.values()) >= 6
