"""What a client does to use up the gateway, and that it is cut off before it has."""

from __future__ import annotations

import asyncio
from itertools import count
from struct import pack

import pytest

from gateway.http2.openings import KEPT
from gateway.limits import Limits
from shared.service.model import Timeouts
from tests.gateway.harness import Pod, Wire, answering, echo
from tests.gateway.http2.peer import PREFACE, SETTINGS, Peer, block, fields, frame, headers
from tests.gateway.http2.served import served

NO_ERROR, FLOW_CONTROL, REFUSED, CANCEL, CALM = 0, 3, 7, 8, 11
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
POST = fields("POST")


async def silent(wire: Wire) -> None:
    """Take requests, and never answer."""
    await wire.rest()


async def flood(peer: Peer, *pieces: bytes, times: int = 6000) -> int | None:
    """Send, until the gateway has had enough; how the connection ends."""
    for _ in range(times // 500):
        await peer.send(b"".join(pieces) * 500)
    return await peer.fate()


async def numbered(peer: Peer, *rest: bytes, times: int = 1000) -> int | None:
    """On each of many streams HEADERS of a POST, and `rest`, with its number filled in."""
    for number in range(1, 2 * times, 2):
        parts = [part[:5] + pack(">I", number) + part[9:] for part in rest]
        await peer.send(headers(number, POST, 4) + b"".join(parts))
    return await peer.fate()


async def test_rapid_reset() -> None:
    """CVE-2023-44487."""
    pod = await Pod(silent).start()
    async with served(pod) as (r, peer):
        assert await numbered(peer, frame(3, 0, 1, pack(">I", CANCEL))) == CALM
        await r.balanced()
        assert pod.connections < 300


@pytest.mark.parametrize(
    "provocation",
    [
        frame(8, 0, 1, bytes(4)),
        frame(8, 0, 1, pack(">I", (1 << 31) - 1)),
        frame(2, 0, 1, bytes(4)),
        headers(1, b"", 4),
    ],
    ids=["window by nothing", "window too large", "short PRIORITY", "half of trailers"],
)
async def test_resets_that_the_client_provokes(provocation: bytes) -> None:
    """CVE-2025-8671 (MadeYouReset)."""
    async with served(await Pod(silent).start()) as (r, peer):
        assert await numbered(peer, provocation) == CALM
        await r.balanced()


async def test_clients_that_give_some_requests_up_are_served() -> None:
    async with served(await Pod(answering(OK)).start()) as (_, peer):
        numbers = count(1, 2)
        for _ in range(400):
            number = next(numbers)
            await peer.send(headers(number, POST, 4) + frame(3, 0, number, pack(">I", CANCEL)))
            number = next(numbers)
            await peer.send(headers(number, fields()))
            assert (await peer.answer(number)).status == 200


FLOODS = {
    "PING": frame(6, 0, 0, bytes(8)),
    "SETTINGS": frame(4, 0, 0),
    "acknowledgements": frame(4, 1, 0),
    "PRIORITY": frame(2, 0, 1, pack(">IB", 0, 1)),
    "WINDOW_UPDATE": frame(8, 0, 0, pack(">I", 1)),
    "unknown frames": frame(77, 0, 0),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_frames_that_serve_no_request(name: str) -> None:
    """CVE-2019-9512, 9515, and what is like them."""
    async with served(await Pod(silent).start()) as (r, peer):
        await peer.send(headers(1, POST, 4))
        assert await flood(peer, FLOODS[name]) == CALM
        await r.balanced()


@pytest.mark.parametrize("payload", [b"", b"\x05" + bytes(5)], ids=["empty", "padding"])
async def test_content_without_any(payload: bytes) -> None:
    """CVE-2019-9518."""
    async with served(await Pod(silent).start()) as (_, peer):
        await peer.send(headers(1, POST, 4))
        assert await flood(peer, frame(0, 8 if payload else 0, 1, payload)) == CALM


async def test_pings_whose_answers_are_not_read_are_not_kept() -> None:
    async with served() as (r, peer):
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(20):
            await peer.send(frame(6, 0, 0, bytes(8)) * 500)
        await r.until(lambda: not r.stats.connections)


@pytest.mark.parametrize("size", [0, 1, 16_384])
async def test_blocks_without_end(size: int) -> None:
    """CVE-2024-27316 and its kin."""
    async with served() as (r, peer):
        await peer.send(headers(1, fields(), 1))
        for _ in range(100):
            await peer.send(frame(9, 0, 1, bytes(size)))
        assert await peer.fate() == CALM
        await r.until(lambda: not r.stats.connections)


async def test_a_list_of_fields_that_is_too_long_is_answered_as_ever() -> None:
    async with served(await Pod(echo).start()) as (_, peer):
        said = block(fields("GET", "/", *((f"x-{n}", "v" * 1000) for n in range(40))))
        await peer.send(headers(1, said[:16_000], 1) + frame(9, 0, 1, said[16_000:32_000]))
        await peer.send(frame(9, 4, 1, said[32_000:]))
        answer = await peer.answer(1)
        assert answer.status == 431
        assert answer.heads[0]["x-gateway-error"] == "head_too_large"
        await peer.send(headers(3, fields()))
        assert (await peer.answer(3)).status == 200


async def test_a_few_bytes_that_would_become_many() -> None:
    """An entry of the table, said again and again (CVE-2016-6581)."""
    async with served() as (_, peer):
        entry = b"\x40\x01x\x7f\x81\x1e" + bytes(b"a" * 4000)
        await peer.send(headers(1, block(fields()) + entry + b"\xbe" * 10_000))
        assert await peer.fate() == CALM


async def test_more_streams_than_allowed_are_refused() -> None:
    async with served(await Pod(silent).start()) as (r, peer):
        for number in range(1, 2 * 130, 2):
            await peer.send(headers(number, fields()))
        for number in (257, 259):
            assert (await peer.answer(number)).reset == REFUSED
        assert len(r.gateway.connections.open) == 128
        assert r.stats.connections == 1


@pytest.mark.parametrize("size", [100, 1_000_000])
async def test_an_answer_that_is_not_taken_ends(size: int) -> None:
    """CVE-2019-9517, and a window of nothing."""
    body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)
    limits = Limits(send_time=0.2)
    async with served(await Pod(answering(body)).start(), limits=limits) as (r, peer):
        await peer.send(frame(4, 0, 0, pack(">HI", 4, 0)) + headers(1, fields()))
        assert (await peer.answer(1)).reset is not None
        assert not peer.answers[1].body
        await r.until(lambda: not r.gateway.connections.open)
        assert r.state.stats.send_timeouts == (size > 65_536)


async def test_an_answer_that_is_taken_byte_by_byte_ends() -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000_000)
    limits = Limits(send_time=0.2, send_rate=10_000)
    async with served(await Pod(answering(body)).start(), limits=limits) as (r, peer):
        await peer.send(frame(4, 0, 0, pack(">HI", 4, 0)) + headers(1, fields()))
        answer = await peer.head(1)
        assert answer[":status"] == "200"
        while peer.answers[1].reset is None:
            await peer.send(frame(8, 0, 1, pack(">I", 1)))
            await peer.next()
        assert len(peer.answers[1].body) < 100_000
        await r.until(lambda: not r.gateway.connections.open)


async def test_a_body_that_does_not_come_is_given_up() -> None:
    pod = await Pod(silent).start()
    async with served(pod, timeouts=Timeouts(body=0.2)) as (r, peer):
        await peer.send(headers(1, POST, 4) + frame(0, 0, 1, b"some"))
        answer = await peer.answer(1)
        assert (answer.status, answer.ended) == (408, True)
        await peer.send(headers(3, fields()))
        await r.until(lambda: r.state.in_flight == 1)  # others go on
    assert [one.reason for one in r.log.entries][:1] == ["request_timeout"]


@pytest.mark.parametrize(
    "beginning",
    [PREFACE[:18], PREFACE[:20], PREFACE, PREFACE + SETTINGS + headers(1, fields(), 1)],
    ids=["half of the preface", "more of it", "no settings", "half of a block"],
)
async def test_what_is_begun_must_be_ended(beginning: bytes) -> None:
    async with served(greet=False, limits=Limits(head_time=0.2)) as (r, peer):
        await peer.send(beginning)
        assert await peer.fate() == CALM
        await r.until(lambda: not r.stats.connections)


async def test_a_client_that_asks_for_nothing_is_told_to_go() -> None:
    async with served(limits=Limits(keep_alive=0.3)) as (r, peer):
        clock, fate = r.gateway.context, asyncio.ensure_future(peer.fate())
        while not fate.done():  # to ask whether the connection lives is no request
            now = clock.now
            await r.until(lambda now=now: clock.now > now)  # type: ignore[misc]
            await peer.send(frame(6, 0, 0, bytes(8)))
        assert fate.result() == NO_ERROR
        await r.until(lambda: not r.stats.connections)


async def test_nothing_is_remembered_of_who_has_gone() -> None:
    before = KEPT.kept
    async with served(await Pod(answering(OK)).start()) as (r, peer):
        for number in range(1, 9, 2):
            await peer.send(headers(number, fields("GET", "/remembered")))
            assert (await peer.answer(number)).status == 200
        assert KEPT.kept > before
        await peer.close()
        await r.until(lambda: not r.stats.connections)
        assert KEPT.kept == before
        assert not r.gateway.connections.multiplexed
        assert not r.gateway.connections.sending
