"""The application in C, asked by clients that others wrote, and by hand."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import websockets

from benchmarks.load.arms import application
from benchmarks.load.native import BuildError, Programs, build
from benchmarks.load.processes import StartError, running
from shared.runtime.ports import free_port

Pod = tuple[str, int]


async def by_hand(pod: Pod, *pieces: bytes) -> bytes:
    """What comes back until the connection closes; each piece is a packet of its own."""
    reader, writer = await asyncio.open_connection(*pod)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    said = await reader.read()
    writer.close()
    return said


async def test_answers_of_all_kinds(pod: Pod) -> None:
    base = f"http://{pod[0]}:{pod[1]}"
    async with aiohttp.ClientSession(base) as session:
        assert await (await session.get("/")).text() == "x" * 100
        assert len(await (await session.get("/10m")).read()) == 10 * 2**20
        assert (await session.get("/none")).status == 404
        assert (await session.put("/")).status == 404
        lengths = {len(await (await session.get("/varied")).read()) for _ in range(40)}
        assert len(lengths) > 30
        assert min(lengths) >= 20
        assert max(lengths) <= 4000


async def test_a_prefix_is_passed_over(pod: Pod) -> None:
    url = f"http://{pod[0]}:{pod[1]}/system/services/bench/exposed/?q=1"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert await answer.text() == "x" * 100
        assert answer.headers["Date"].endswith(" GMT")


@pytest.mark.parametrize("size", [1, 1024, 10 * 2**20])
async def test_a_body_is_read_whether_its_length_is_said_or_not(pod: Pod, size: int) -> None:
    async def pieces() -> AsyncIterator[bytes]:  # its length is not known
        for start in range(0, size, 70_000):
            yield b"a" * min(70_000, size - start)

    async with aiohttp.ClientSession(f"http://{pod[0]}:{pod[1]}") as session:
        for body in (io.BytesIO(b"a" * size), pieces(), io.BytesIO(b"a" * size)):
            answer = await session.post("/upload", data=body)
            assert await answer.json() == {"label": "cat", "score": 0.97}


async def test_a_head_in_pieces(pod: Pod) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
    assert b'{"label"' in await by_hand(pod, *(bytes([byte]) for byte in head))
    chunked = b"POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"
    assert b'{"label"' in await by_hand(pod, *(bytes([byte]) for byte in chunked + body))


@pytest.mark.parametrize(
    "nonsense",
    [
        b"nonsense\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET http://a/ HTTP/1.1\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nConnection: close\r\n\r\n",
    ],
)
async def test_nonsense_is_refused_and_the_connection_closed(pod: Pod, nonsense: bytes) -> None:
    assert (await by_hand(pod, nonsense)).startswith(b"HTTP/1.1 400 ")


async def test_a_head_without_end_is_not_kept(pod: Pod) -> None:
    with contextlib.suppress(ConnectionError):
        assert await by_hand(pod, b"GET / HTTP/1.1\r\nA: " + b"a" * 2**17) == b""


async def test_events_come_by_the_clock_or_as_fast_as_they_are_read(pod: Pod) -> None:
    async with aiohttp.ClientSession(f"http://{pod[0]}:{pod[1]}") as session:
        for every in (1, 0):
            async with session.get(f"/events?every={every}") as answer:
                assert answer.content_type == "text/event-stream"
                for _ in range(20):
                    assert await answer.content.readline() == b"data: " + b"t" * 24 + b"\n"
                    assert await answer.content.readline() == b"\n"


async def test_messages_are_echoed(pod: Pod) -> None:
    url = f"ws://{pod[0]}:{pod[1]}/ws"
    async with websockets.connect(url, compression=None, ping_interval=None) as socket:
        for size in (0, 1, 60, 125):
            await socket.send("m" * size)
            assert await socket.recv() == "m" * size


async def test_it_leaves_when_the_last_answer_is_out(programs: Programs) -> None:
    """As a well-behaved pod: a rollout must lose nothing."""
    pod = "127.8.3.2", free_port()
    async with application(programs, pod[1], [pod[0]]) as pid:
        busy, idle = [await asyncio.open_connection(*pod) for _ in range(2)]
        busy[1].write(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\na")
        idle[1].write(b"GET / HTTP/1.1\r\n\r\n")
        await idle[0].readuntil(b"\r\n\r\n" + b"x" * 100)
        os.kill(pid, signal.SIGTERM)
        assert await idle[0].read() == b""
        busy[1].write(b"b")
        assert (await busy[0].read()).endswith(b"0.97}")
        for _, writer in (busy, idle):
            writer.close()


async def test_a_wrong_call_says_how_it_is_called(programs: Programs) -> None:
    with pytest.raises(StartError, match="usage: upstream PORT ADDRESS"):
        async with running([str(programs.upstream), "0", "127.0.0.1"], [("127.0.0.1", 1)]):
            pass
    with pytest.raises(StartError, match=r"not\.an\.address"):
        async with running([str(programs.upstream), "80", "not.an.address"], [("127.0.0.1", 1)]):
            pass


def test_a_missing_compiler_is_told_with_its_package() -> None:
    with pytest.raises(BuildError, match="apt-get install gcc"):
        build(Path("/nowhere"), "no-such-cc")
