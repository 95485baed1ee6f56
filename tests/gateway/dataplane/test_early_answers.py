"""A pod that answers before it has read the body, and closes: the answer must not be lost.

RFC 9112, section 9.6: the close resets the connection, so that the next write to it breaks, maybe
before the answer is read. HAProxy reads what has arrived first; so do curl and Go as clients.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from tests.gateway.harness import Pod, Response, Wire, get, rig

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

SIZE = 5_000_000
PIECE = b"x" * 250_000
TIMES = 50
REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo large"
LONG = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 30000\r\n\r\n" + b"y" * 30_000
CHUNKED = b"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"
FRAMINGS = {
    "length": ((b"Content-Length: %d" % SIZE,), [PIECE] * (SIZE // len(PIECE))),
    "chunked": (
        (b"Transfer-Encoding: chunked",),
        [b"%x\r\n%b\r\n" % (len(PIECE), PIECE)] * (SIZE // len(PIECE)) + [b"0\r\n\r\n"],
    ),
}


def run(loop: Callable[[], Any], work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(work)


async def post(wire: Wire, framing: str, *lines: bytes) -> Response:
    """A client that reads the answer while it sends, as curl, Go and browsers do."""
    fields, pieces = FRAMINGS[framing]
    await wire.send(get(b"/", *fields, *lines, method=b"POST"))
    sending = asyncio.create_task(_send(wire, pieces), name="sending")
    try:
        return await wire.response()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send(wire: Wire, pieces: list[bytes]) -> None:
    for piece in pieces:
        await wire.send(piece)


async def _refused(framing: str, answer: bytes, times: int, *lines: bytes, body: bytes) -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(answer)

    async with rig(await Pod(script).start()) as r:
        for _ in range(times):
            wire = await r.connect()
            got = await post(wire, framing, *lines)
            assert (got.status, got.body) == (int(answer[9:12]), body)
            assert got.fields[b"connection"] == b"close"
            await wire.close()
        assert r.state.stats.upstream_errors == {}
        await r.balanced()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_an_early_413_always_arrives(loop: Callable[[], Any], framing: str) -> None:
    """20 to 37 of 100 were lost."""
    run(loop, _refused(framing, REFUSAL, TIMES, body=b"too large"))


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize(
    ("answer", "body"), [(LONG, b"y" * 30_000), (CHUNKED, b"no")], ids=["long", "chunked"]
)
def test_an_early_answer_arrives_whole(loop: Callable[[], Any], answer: bytes, body: bytes) -> None:
    run(loop, _refused("length", answer, 10, body=body))


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_early_answer_in_place_of_100_arrives(loop: Callable[[], Any]) -> None:
    """curl sends the body after a second without 100, whatever comes meanwhile."""
    expects = b"Expect: 100-continue"
    run(loop, _refused("length", REFUSAL, 10, expects, body=b"too large"))


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_kept_connection_loses_no_early_answer(loop: Callable[[], Any]) -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await wire.head()
        await wire.send(REFUSAL)

    async def work() -> None:
        async with rig(pod := await Pod(script).start()) as r:
            for count in range(1, 11):
                assert (await r.ask(get())).status == 200
                wire = await r.connect()
                assert (await post(wire, "length")).status == 413
                await wire.close()
                assert pod.connections == count
            await r.balanced()

    run(loop, work())


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_part_of_an_answer_is_never_taken_for_all(loop: Callable[[], Any]) -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 90\r\n\r\npart")

    async def work() -> None:
        async with rig(await Pod(script).start()) as r:
            for _ in range(5):
                wire = await r.connect()
                with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                    await post(wire, "length")
                await wire.close()
            await r.balanced()

    run(loop, work())
