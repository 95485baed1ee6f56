"""The load in C: what it counts against what a server of ours saw."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from benchmarks.load import captured, generator, traffic
from benchmarks.load.generator import Load, LoadError, packed
from benchmarks.load.native import Programs

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers every head with `answer`, in pieces, and keeps what it was asked."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.heads: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = re.search(rb"(?i)content-length: (\d+)", head)
                body = await reader.readexactly(int(found[1])) if found else b""
                self.heads.append(head + body)
                for piece in self.pieces:
                    writer.write(piece)
                    await asyncio.sleep(0)
        writer.close()

    @contextlib.asynccontextmanager
    async def started(self) -> AsyncIterator[Server]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self


async def loaded(programs: Programs, server: Server, load: Load) -> generator.Outcome:
    async with server.started():
        return await generator.run(programs.load, server.port, load)


async def test_units_are_what_was_answered(programs: Programs) -> None:
    server = Server(OK)
    done = await loaded(programs, server, Load("keep", 8, packed([GET]), 0.3))
    assert done.failures == done.unanswered == 0
    assert done.units == len(server.heads) - 8  # one on each connection, for warmth
    assert server.connections == 8
    assert 0 < done.cpu < done.seconds
    assert done.latency["p50"] <= done.latency["p999"] <= done.latency["max"]


@pytest.mark.parametrize(
    "pieces",
    [
        [OK[:20], OK[20:-1], OK[-1:]],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n", b"0\r\n\r\n"],
        [b"HTTP/1.1 204 No Content\r\n\r\n"],
    ],
)
async def test_an_answer_ends_where_its_framing_says(
    programs: Programs, pieces: list[bytes]
) -> None:
    server = Server(*pieces)
    done = await loaded(programs, server, Load("keep", 2, packed([GET]), 0.2))
    assert done.units == len(server.heads) - 2
    assert not done.failures


@pytest.mark.parametrize(
    "answer", [OK.replace(b"200 OK", b"500 No"), b"HTTP/1.1 200 OK\r\nA: " + b"a" * 9000]
)
async def test_what_is_not_an_answer_is_a_failure(programs: Programs, answer: bytes) -> None:
    done = await loaded(programs, Server(answer), Load("keep", 2, packed([GET]), 0.2))
    assert done.units == 0
    assert done.failures >= 1000  # then it gives up


async def test_nobody_there_is_a_failure_too(programs: Programs) -> None:
    done = await generator.run(programs.load, 1, Load("keep", 2, packed([GET]), 0.2))
    assert done.units == 0
    assert done.failures >= 1000


async def test_a_connection_for_each_request(programs: Programs) -> None:
    server = Server(OK)
    done = await loaded(programs, server, Load("close", 4, packed([GET]), 0.2))
    assert done.units == len(server.heads)
    assert done.units <= server.connections <= done.units + 4


async def test_connections_lie_idle_until_it_is_to_begin(programs: Programs) -> None:
    server = Server(OK)
    async with (
        server.started(),
        generator.warmed(programs.load, server.port, Load("keep", 150, packed([GET]))),
    ):
        assert server.connections == len(server.heads) == 150


async def test_fields_are_fresh_in_each_request_and_alike_within_one(programs: Programs) -> None:
    request = b"GET /?q=@@@@@@@@ HTTP/1.1\r\nA: @@@@@@@@@@@@@@@@\r\nB: @@@\r\n\r\n"
    server = Server(OK)
    await loaded(programs, server, Load("keep", 4, packed([request]), 0.2, seed=7))
    found = [re.fullmatch(rb"GET /\?q=(.{8}) .*\r\nA: (.{16})\r\nB: @@@\r\n\r\n", one, re.DOTALL)
             for one in server.heads]  # fmt: skip
    values = [one[2] for one in found if one]
    assert len(values) == len(server.heads) == len(set(values))
    assert all(re.fullmatch(rb"[0-9a-f]{16}", one) for one in values)
    assert all(one and one[2].startswith(one[1]) for one in found)


async def test_an_open_loop_asks_at_its_rate_and_counts_from_when_it_was_due(
    programs: Programs,
) -> None:
    """Of one connection that answers after 50 ms, and 100 requests a second, most are late: by far
    more than 50 ms, which is all that a closed loop would see."""

    class Slow(Server):
        async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                    await asyncio.sleep(0.05)
                    writer.write(OK)
            writer.close()

    server = Slow()
    done = await loaded(programs, server, Load("keep", 1, packed([GET]), 0.5, 100.0, 3))
    assert done.units == len(server.heads) - 1
    assert 25 < done.units < 90  # 50 on average
    assert done.latency["max"] > 0.5


async def test_requests_of_real_clients_are_what_servers_read() -> None:
    requests = captured.clients("a.test")
    assert len(requests) == 512
    kinds: Counter[bytes] = Counter()
    for one in requests:
        head, _, body = one.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        agent = re.search(rb"(?i)\r\nuser-agent: ([^/\r]+)", head)
        assert length
        assert agent
        assert int(length[1]) == len(body)
        assert b"\n" not in head.replace(b"\r\n", b"")
        kinds[agent[1]] += 1
    assert set(kinds) == {b"python-requests", b"curl", b"OpenAI", b"node", b"python-httpx"}
    assert traffic.upgrade("a")[0].startswith(b"GET /system/services/bench/exposed/ws HTTP/1.1\r\n")


@pytest.mark.parametrize("load", [Load("none", 1, packed([GET])), Load("keep", 1, packed([])),
                                  Load("keep", 0, packed([GET])),
                                  Load("events", 1, packed([GET]), rate=5.0)])  # fmt: skip
async def test_a_wrong_call_says_how_it_is_called(programs: Programs, load: Load) -> None:
    with pytest.raises(LoadError, match="usage: load"):
        await generator.run(programs.load, 1, load)
