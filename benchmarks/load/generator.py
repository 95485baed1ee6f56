"""The program that makes the load, as a function."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

PERCENTILES: Final = ("p50", "p90", "p99", "p999")


class LoadError(Exception):
    """The program did not understand what was asked of it; the message is its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back. Times in seconds."""

    units: int
    failures: int
    """Answers other than 2xx (or 101), and connections that broke, while warming up too."""
    seconds: float
    cpu: float
    """What the load itself used."""
    unanswered: int = 0
    """Requests that were due and had no answer ten seconds after the end."""
    latency: dict[str, float] = field(default_factory=dict)
    """PERCENTILES and `max`; from the time when a request was due."""


@dataclass(frozen=True, slots=True)
class Load:
    """`kind`, and what else it is, as native/load.c describes it."""

    kind: str
    connections: int
    requests: bytes
    """As `packed` has them."""
    seconds: float = 1.0
    rate: float = 0.0
    seed: int = 0


def packed(requests: Sequence[bytes]) -> bytes:
    """Requests as the program reads them: how many, and each with its length before it."""
    parts = [struct.pack("<I", len(requests))]
    for one in requests:
        parts += [struct.pack("<I", len(one)), one]
    return b"".join(parts)


class Running:
    """The program, with its connections open: each has had one answer."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def outcome(self) -> Outcome:
        """Begin, and wait for the last answer. LoadError when the program ends without a word."""
        said, wrong = await self._process.communicate(b"!")
        if not said:
            raise LoadError(wrong.decode("utf-8", "replace") or "the load ended without a word")
        return outcome(said)


@contextlib.asynccontextmanager
async def warmed(
    program: Path, port: int, load: Load, host: str = "127.0.0.1"
) -> AsyncIterator[Running]:
    """The load as it is to begin, and until then idle; ended in the end."""
    words = [load.kind, host, port, load.connections, load.seconds, load.rate, load.seed]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(program), *map(str, words), stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with contextlib.suppress(ConnectionError):  # it has ended, and says why
            process.stdin.write(load.requests)
            await process.stdin.drain()
        if not await process.stdout.readline():
            assert process.stderr is not None
            raise LoadError((await process.stderr.read()).decode("utf-8", "replace"))
        yield Running(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.stdin.close()
        await process.wait()


async def run(program: Path, port: int, load: Load, host: str = "127.0.0.1") -> Outcome:
    """Load a port, until the last answer is there."""
    async with warmed(program, port, load, host) as running:
        return await running.outcome()


def outcome(line: bytes) -> Outcome:
    """What the line that the program ends with says."""
    found: dict[str, Any] = orjson.loads(line)
    del found["bytes"]
    return Outcome(**found)
