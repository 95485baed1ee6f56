"""Megabytes of small requests at once, against a gateway process: others hardly notice, and its
memory hardly grows. How it is done is tested in `test_client` and `test_turns`."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack, suppress
from statistics import median
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.gateway.harness import Pod, Wire, answering
from tests.gateway.processes import gateway_before

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024
FLOOD = 24 * MIB
HONEST = 30
TURN = 0.25
"""Seconds for a request between those of attackers, on a busy machine; behind all that one of them
has sent it would wait for several."""
NOWHERE = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
REFUSED = b"GET /system/services/closed/exposed/ HTTP/1.1\r\nHost: h\r\n\r\n"
CHUNKED = b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"


class Attacker:
    """Sends as much as is taken, and reads all answers away."""

    def __init__(self, port: int, request: bytes) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port))
        data = request * (FLOOD // len(request))
        self._threads = [
            Thread(target=self._send, args=(data,), name="sending"),
            Thread(target=self._read, name="reading"),
        ]
        for thread in self._threads:
            thread.start()

    def _send(self, data: bytes) -> None:
        with suppress(OSError):
            self._sock.sendall(data)

    def _read(self) -> None:
        with suppress(OSError):
            while self._sock.recv(MIB):
                pass

    def stop(self) -> None:
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._sock.close()


@pytest.mark.parametrize(("request_", "count"), [(NOWHERE, 1), (CHUNKED, 1), (REFUSED, 20)])
async def test_others_hardly_notice(request_: bytes, count: int, tmp_path: Path) -> None:
    pod = Pod(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    services = {"a": False, "closed": True}
    async with gateway_before(pod, tmp_path, services) as process:
        running = psutil.Process(process.process.pid)
        wire = Wire(*await asyncio.open_connection("127.0.0.1", process.port))
        await ask(wire)
        before = running.memory_info().rss
        with ExitStack() as attackers:
            for _ in range(count):
                attackers.callback(Attacker(process.port, request_).stop)
            seconds = [await ask(wire) for _ in range(HONEST)]
            growth = (running.memory_info().rss - before) / MIB
        print(f"{count} connections: median {median(seconds) * 1000:.1f} ms, {growth:.0f} MiB")
        assert median(seconds) < TURN
        assert growth < 50
        await wire.close()


async def ask(wire: Wire) -> float:
    """Seconds that a request takes."""
    await asyncio.sleep(0.01)
    start = perf_counter()
    await wire.send(b"GET /system/services/a/exposed/ HTTP/1.1\r\nHost: h\r\n\r\n")
    await wire.response()
    return perf_counter() - start
