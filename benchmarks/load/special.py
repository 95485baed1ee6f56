"""Measurements that are not a load on one path: memory, the size of the table, a rollout."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.load import arms, generator
from benchmarks.load.accounting import memory
from benchmarks.load.arms import Arm, Bench
from benchmarks.load.cluster import Cluster
from benchmarks.load.generator import Load, Outcome, packed
from benchmarks.load.measure import sliced
from benchmarks.load.native import Programs
from benchmarks.load.processes import running
from benchmarks.load.proxies.setup import OPEN
from benchmarks.load.ratios import by_round
from benchmarks.load.rows import NAMED
from shared.runtime.ports import free_port

IDLE: Final = 10_000
SERVICES: Final = 10_000
SETTLE: Final = 1.0
TURNS: Final = 6
_GET: Final = NAMED["get"]


def raise_open_files() -> None:
    """Ten thousand connections need as many descriptors, here and in what we start."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def idle_memory(bench: Bench, arm: Arm, count: int = IDLE) -> float:
    """MiB that `count` idle connections cost."""
    requests = packed(_GET.requests(f"{arms.HOST}:{arm.port}"))
    program = bench.programs.load
    async with generator.warmed(program, arm.port, Load("keep", 10, requests)):
        before = memory(arm.pid)
    async with generator.warmed(program, arm.port, Load("keep", count, requests)):
        await asyncio.sleep(SETTLE)
        after = memory(arm.pid)
    return (after - before) / 2**20


async def table(bench: Bench, python: str, seconds: float) -> float:
    """CPU of a request with many services in the gateway ÷ with few, in turns."""
    costs: dict[int, dict[int, float]] = {0: {}, SERVICES: {}}
    async with (
        arms.started("gateway", bench, python) as few,
        arms.started("gateway", bench, python, SERVICES) as many,
    ):
        for turn in range(TURNS + 1):
            for count, arm in ((0, few), (SERVICES, many)):
                costs[count][turn] = (await sliced(bench, arm, _GET, seconds, turn)).cpu
    for taken in costs.values():
        del taken[0]  # for warmth
    found = by_round(costs[SERVICES], costs[0])
    assert found is not None
    return found.middle


async def rollout(programs: Programs, seconds: float, python: str = sys.executable) -> Outcome:
    """Load while every pod is replaced again and again; the answer must have no failures."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-rollout-")))
        cluster = await stack.enter_async_context(Cluster.started(folder))
        pods = _Pods(programs, cluster)
        stack.push_async_callback(pods.close)
        for _ in range(3):
            await pods.add()
        cluster.fill(pods.serving, pods.port)
        port = free_port()
        environment = arms.gateway_environment(cluster, port)
        command = [python, "-m", "gateway"]
        await stack.enter_async_context(running(command, [(arms.HOST, port)], environment))
        requests = packed(_GET.requests(f"{arms.HOST}:{port}"))
        load = Load("keep", 64, requests, seconds)
        under_way = asyncio.create_task(generator.run(programs.load, port, load), name="load")
        while not under_way.done():
            await pods.replace_one()
        return await under_way


class _Pods:
    """Pods of the service, each an application of its own process and address."""

    def __init__(self, programs: Programs, cluster: Cluster) -> None:
        self.serving: list[str] = []
        self.port = free_port()
        self._programs = programs
        self._cluster = cluster
        self._running: dict[str, contextlib.AsyncExitStack] = {}
        self._made = 0

    async def add(self) -> None:
        self._made += 1
        address = f"127.8.1.{self._made % 250 + 1}"
        stack = contextlib.AsyncExitStack()
        await stack.enter_async_context(arms.application(self._programs, self.port, [address]))
        self._running[address] = stack
        self.serving.append(address)

    async def replace_one(self) -> None:
        """As a rolling update does: one more, then one leaves, is told so, and ends."""
        await self.add()
        self._cluster.place(OPEN, self.port, self.serving, [])
        oldest = self.serving.pop(0)
        self._cluster.place(OPEN, self.port, self.serving, [oldest])
        await self._running.pop(oldest).aclose()
        self._cluster.place(OPEN, self.port, self.serving, [])

    async def close(self) -> None:
        for stack in self._running.values():
            await stack.aclose()
