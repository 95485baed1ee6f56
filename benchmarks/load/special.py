"""Measurements that are not a load on one path: memory, the size of the table, a rollout."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.load import arms, clients, configs, wrk
from benchmarks.load.accounting import usage
from benchmarks.load.cluster import Cluster

IDLE: Final = 10_000
SETTLE: Final = 1.0


def raise_open_files() -> None:
    """Ten thousand connections need as many descriptors, here and in what we start."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def idle_memory(arm: arms.Arm, count: int) -> float:
    """MiB that `count` idle connections cost."""
    async with clients.idle(arm, arms.AUTHORIZATION, 10):
        before = usage(arm.pid).memory
    async with clients.idle(arm, arms.AUTHORIZATION, count):
        await asyncio.sleep(SETTLE)
        after = usage(arm.pid).memory
    return (after - before) / 2**20


async def rollout(seconds: float) -> wrk.Run:
    """Load while every pod is replaced again and again; the answer must have no failures."""
    port = arms.free_port()
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-rollout-")))
        cluster = await stack.enter_async_context(Cluster.started(folder))
        pods = _Pods(cluster, port)
        stack.push_async_callback(pods.close)
        for _ in range(3):
            await pods.add()
        cluster.fill(1, configs.NAME, arms.TOKEN, pods.serving, port)
        public = arms.free_port()
        environment = dict(os.environ) | arms.gateway_environment(cluster, public)
        command = [sys.executable, "-m", "gateway"]
        pid = await stack.enter_async_context(arms.running(command, environment))
        await arms.until_answers("127.0.0.1", public, pid)
        arm = arms.Arm("gateway", pid, "127.0.0.1", public)
        load = asyncio.ensure_future(wrk.run(arm.url("/"), arms.AUTHORIZATION, seconds=seconds))
        while not load.done():
            await pods.replace_one()
        return await load


class _Pods:
    """Pods of the service, each an application of its own process and address."""

    def __init__(self, cluster: Cluster, port: int) -> None:
        self.serving: list[str] = []
        self._cluster = cluster
        self._port = port
        self._running: dict[str, contextlib.AsyncExitStack] = {}
        self._made = 0

    async def add(self) -> None:
        self._made += 1
        address = f"127.8.1.{self._made % 250 + 1}"
        stack = contextlib.AsyncExitStack()
        await stack.enter_async_context(arms.application(self._port, [address]))
        self._running[address] = stack
        self.serving.append(address)

    async def replace_one(self) -> None:
        """As a rolling update does: one more, then one leaves, is told so, and ends."""
        await self.add()
        self._cluster.place(configs.NAME, self._port, self.serving, [])
        oldest = self.serving.pop(0)
        self._cluster.place(configs.NAME, self._port, self.serving, [oldest])
        await self._running.pop(oldest).aclose()
        self._cluster.place(configs.NAME, self._port, self.serving, [])

    async def close(self) -> None:
        for stack in self._running.values():
            await stack.aclose()
