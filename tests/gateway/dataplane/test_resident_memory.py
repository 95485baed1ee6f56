"""What slow readers and slow pods cost the gateway process in memory."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.gateway.harness import Pod, Wire, answering
from tests.gateway.processes import GatewayProcess, gateway_before
from tests.waiting import still

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MIB = 1024 * 1024
SIZE = 64 * MIB
MANY = 20
TARGET = b"/system/services/a/exposed/ HTTP/1.1\r\nHost: h\r\n"


@asynccontextmanager
async def before(pod: Pod, folder: Path) -> AsyncIterator[tuple[GatewayProcess, list[Wire]]]:
    """A gateway process before `pod`, and so many connections to it."""
    async with gateway_before(pod, folder, {"a": False}) as process:
        wires = []
        for _ in range(MANY):
            wire = Wire(*await asyncio.open_connection("127.0.0.1", process.port, limit=4096))
            wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
            wires.append(wire)
        yield process, wires
        for wire in wires:
            wire.reset()


async def grown(process: GatewayProcess, moved: list[int]) -> float:
    """Wait until no byte moves; the answer is the growth of the process's memory in MiB."""
    running = psutil.Process(process.process.pid)
    start = running.memory_info().rss
    await still(lambda: sum(moved), period=0.5)
    growth: float = (running.memory_info().rss - start) / MIB
    return growth


async def test_slow_readers_cost_little(tmp_path: Path) -> None:
    """Answers of more than a gigabyte in all."""
    sent = [0]

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        while True:
            await wire.send(b"x" * 65536)
            sent[0] += 65536

    async with before(Pod(script), tmp_path) as (process, wires):
        for wire in wires:
            await wire.send(b"GET " + TARGET + b"\r\n")
        growth = await grown(process, sent)
        print(f"{MANY} slow readers: {growth:.1f} MiB, {sent[0] / MIB:.0f} MiB taken from the pod")
        assert growth < 30
        assert sent[0] < MANY * SIZE / 4


async def test_slow_pods_cost_little(tmp_path: Path) -> None:
    sent = [0]

    async def script(wire: Wire) -> None:
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async def upload(wire: Wire) -> None:
        await wire.send(b"POST " + TARGET + b"Content-Length: %d\r\n\r\n" % SIZE)
        while sent[0] < MANY * SIZE:
            await wire.send(b"x" * 65536)
            sent[0] += 65536

    async with before(Pod(script), tmp_path) as (process, wires):
        uploads = [asyncio.create_task(upload(wire), name="upload") for wire in wires]
        growth = await grown(process, sent)
        print(f"{MANY} uploads: {growth:.1f} MiB, {sent[0] / MIB:.0f} MiB taken from the clients")
        assert growth < 30
        assert sent[0] < MANY * SIZE / 4
        for task in uploads:
            task.cancel()
        await asyncio.gather(*uploads, return_exceptions=True)


SERVICES = 30
HEADS = 40
"""A service; with the 256 of the attack it takes six times as long, and no more memory."""


async def ask_twice(wire: Wire, name: str, cookie: bytes) -> None:
    for _ in range(2):
        await wire.send(
            b"GET /system/services/%b/exposed/ HTTP/1.1\r\nHost: h\r\nCookie: a=%b\r\n\r\n"
            % (name.encode(), cookie)
        )
        await wire.response()


@pytest.mark.parametrize(("closed", "size"), [(True, 31_000), (False, 3_500)])
async def test_cookies_that_differ_cost_little(closed: bool, size: int, tmp_path: Path) -> None:
    """Heads of 31 KB to many services, each sent twice, without and with admission."""
    pod = Pod(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    names = [f"s{number}" for number in range(SERVICES)]
    async with gateway_before(pod, tmp_path, dict.fromkeys(names, closed)) as process:
        running = psutil.Process(process.process.pid)
        wire = Wire(*await asyncio.open_connection("127.0.0.1", process.port))
        await ask_twice(wire, names[0], b"x" * size)
        start = running.memory_info().rss
        for name in names:
            for number in range(HEADS):
                await ask_twice(wire, name, b"%d%b" % (number, b"x" * size))
        growth = (running.memory_info().rss - start) / MIB
        print(f"{SERVICES} services, {HEADS} cookies of {size} bytes: {growth:.1f} MiB")
        assert growth < 50
        await wire.close()
