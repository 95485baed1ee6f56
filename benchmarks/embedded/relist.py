"""`python -m benchmarks.embedded.relist`: how long a list that comes again holds a gateway's loop.

The API server is the embedded one, in a process of its own. A watch is said to have expired (410),
and the feed of a gateway lists all anew. A task asks the loop for a turn all the time; told is the
longest that it got none, in CPU time of the loop's thread, which other processes do not lengthen,
and in time on the wall.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import platform
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

import click
import uvloop

from benchmarks.embedded.__main__ import running
from gateway.cluster.feed import Feed
from gateway.limits import Limits
from gateway.services.registry import Services
from gateway.stats import Stats
from shared.kube.client import KubeClient
from shared.kube.errors import Expired
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor
from shared.service.spaces import Spaces

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from shared.service.objects import Obj


class Forgetful(KubeClient):
    """Its watches expire when told, as those of a server that has forgotten what came before."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.expired = asyncio.Event()
        self.watched = asyncio.Semaphore(0)

    async def watch(self, *args: Any, **named: Any) -> AsyncGenerator[Obj, None]:
        """Nothing, and then 410."""
        self.watched.release()
        await self.expired.wait()
        if self.expired.is_set():
            raise Expired(410, "Expired", "too old resource version")
        async for event in super().watch(*args, **named):
            yield event

    async def expire(self) -> None:
        """Make both watches expire, and return when both begin anew."""
        self.expired.set()
        await asyncio.sleep(0)
        self.expired.clear()
        await self.until_watched()

    async def until_watched(self) -> None:
        """Return when both watches have begun."""
        await self.watched.acquire()
        await self.watched.acquire()


class Heartbeat:
    """The longest times between two turns of the loop, in seconds."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was."""
        self.cpu, self.wall = 0.0, 0.0

    async def run(self) -> None:
        """Take a turn whenever there is one."""
        cpu, wall = time.thread_time(), time.perf_counter()
        while True:
            await asyncio.sleep(0)
            used, now = time.thread_time(), time.perf_counter()
            self.cpu, self.wall = max(self.cpu, used - cpu), max(self.wall, now - wall)
            cpu, wall = used, now


@click.command()
@click.option("--services", default=1000)
@click.option("--pods", default=4, help="Pods of each service.")
@click.option("--runs", default=9, help="Lists after the first.")
def main(services: int, pods: int, runs: int) -> None:
    """Measure the first list, and then those that come again."""
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{services} services of {pods} pods; milliseconds without a turn: CPU (wall)")
    server_of = [sys.executable, "-m", "benchmarks.embedded.routes"]
    with (
        tempfile.TemporaryDirectory() as folder,
        running([*server_of, folder, str(services), str(pods)], dict(os.environ)) as server,
    ):
        kubeconfig = server.stdout.readline().strip() if server.stdout else ""
        logging.disable()
        uvloop.run(measure(kubeconfig, runs))


async def measure(kubeconfig: str, runs: int) -> None:
    """Print the longest hold of each list."""
    async with (
        Forgetful.open(field_manager="bench", kubeconfig=kubeconfig) as kube,
        Supervisor() as tasks,
    ):
        heart = Heartbeat()
        tasks.start("heartbeat", heart.run())
        feed = Feed(kube, Services(Limits(), Stats()), Spaces(), SystemClock())
        feed.start(tasks)
        await feed.synced.wait()
        await kube.until_watched()
        tell("first list", heart)
        gc.collect()
        gc.freeze()  # as a gateway does
        held = []
        for _ in range(runs):
            await asyncio.sleep(1)
            heart.reset()
            await kube.expire()
            await asyncio.sleep(1)
            held.append(heart.cpu * 1000)
            tell("again", heart)
        print(f"again: median {statistics.median(held):.1f}, longest {max(held):.1f}")


def tell(what: str, heart: Heartbeat) -> None:
    """Print the longest hold."""
    print(f"{what:<10} {heart.cpu * 1000:6.1f} ({heart.wall * 1000:.1f})")


if __name__ == "__main__":
    main()
