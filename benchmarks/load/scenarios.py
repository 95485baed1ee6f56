"""What is measured: each scenario loads one arm for a while and says what a unit of work cost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.load import clients, wrk
from benchmarks.load.accounting import usage
from benchmarks.load.arms import AUTHORIZATION, Arm


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement. `cpu` is seconds of the arm's CPU for one unit; latencies in seconds."""

    cpu: float
    rate: float
    """Units a second."""
    p50: float = 0.0
    p99: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """`measure` loads an arm for about so many seconds."""

    name: str
    title: str
    unit: str
    measure: Callable[[Arm, float], Awaitable[Sample]]
    warm: float = 1.0
    """Seconds of load before the measurement."""


def _with_wrk(
    path: str, script: str = "", connections: int = 64
) -> Callable[..., Awaitable[Sample]]:
    async def measure(arm: Arm, seconds: float) -> Sample:
        before = usage(arm.pid).cpu
        done = await wrk.run(
            arm.url(path), AUTHORIZATION, seconds=seconds, connections=connections, script=script
        )
        cpu = usage(arm.pid).cpu - before
        return Sample(cpu / max(done.requests, 1), done.rate, done.p50, done.p99, done.failures)

    return measure


async def _events(arm: Arm, seconds: float) -> Sample:
    async with clients.events(arm, AUTHORIZATION, streams=50) as counter:
        await asyncio.sleep(0.5)
        cpu, count = usage(arm.pid).cpu, counter.total
        await asyncio.sleep(seconds)
        cpu, count = usage(arm.pid).cpu - cpu, counter.total - count
    return Sample(cpu / max(count, 1), count / seconds)


async def _echoes(arm: Arm, seconds: float) -> Sample:
    before = usage(arm.pid).cpu
    count = await clients.echoes(arm, AUTHORIZATION, sockets=32, seconds=seconds)
    return Sample((usage(arm.pid).cpu - before) / max(count, 1), count / seconds)


SCENARIOS: Final = (
    Scenario("get", "small GET, heads repeated", "request", _with_wrk("/")),
    Scenario("get-different", "small GET, every head different", "request",
             _with_wrk("/", "different")),
    Scenario("post", "1 KiB JSON POST", "request", _with_wrk("/json", "post")),
    Scenario("download", "10 MiB down", "transfer", _with_wrk("/10m", connections=4)),
    Scenario("upload", "10 MiB up", "transfer", _with_wrk("/upload", "upload", 4)),
    Scenario("sse", "Server-Sent Events, 50 streams", "event", _events),
    Scenario("websocket", "WebSocket echo, 32 sockets", "message", _echoes),
)  # fmt: skip
