"""One policy under the load: what its clients and its pods went through."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.scaler_load import stack, watch
from benchmarks.scaler_load.lives import Lives
from benchmarks.scaler_load.offer import Offered, get, offer, session
from shared.runtime.tasks import Supervisor, first_of
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.scaler_load.schedule import Level
    from benchmarks.scaler_load.stack import Settings
    from benchmarks.scaler_load.watch import Told
    from shared.cli.local.layout import Layout


@dataclass(frozen=True, slots=True)
class Run:
    """A load of `seconds` on the service of `policy`, and what was seen."""

    policy: str
    levels: Sequence[Level]
    seconds: float
    offered: Offered
    lives: Lives
    busy: float
    """Mean load of the machine (runnable processes) at the end."""


async def measure(
    layout: Layout,
    tasks: Supervisor,
    policy: str,
    levels: Sequence[Level],
    instants: Sequence[float],
    phase: float,
    told: Told | None = None,
) -> Run:
    """The load begins `phase` seconds after a CPU sample, so that policies meet the same; `told`
    says why the service has its size, if not our scaler."""
    await watch.next_sample(layout, policy)
    await asyncio.sleep(phase)
    lives = Lives()
    offered = Offered()
    url = f"{layout.url}{names.base_path(policy)}/work"
    async with session() as client, Supervisor() as own:
        following = watch.follow(layout, policy, time.monotonic(), lives, told)
        own.start(f"watch of {policy}", following)
        work = offer(instants, partial(get, client, url), offered)
        await first_of(f"load on {policy}", work, own.failed(), tasks.failed())
    seconds = sum(level.seconds for level in levels)
    return Run(policy, levels, seconds, offered, lives, os.getloadavg()[0])


async def apart(
    services: Sequence[Settings],
    levels: Sequence[Level],
    instants: Sequence[float],
    phase: float,
) -> list[Run]:
    """One service after the other, each in a system of its own."""
    runs = []
    for service in services:
        runs += await together([service], levels, instants, phase)
    return runs


async def together(
    services: Sequence[Settings],
    levels: Sequence[Level],
    instants: Sequence[float],
    phase: float,
) -> list[Run]:
    """All services side by side in one system."""
    async with stack.stack() as (layout, tasks):
        for service in services:
            await stack.add(layout, service)
        works = [measure(layout, tasks, one.policy, levels, instants, phase) for one in services]
        return await asyncio.gather(*works)
