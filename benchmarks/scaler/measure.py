"""One scaler, wired as `python -m scaler run` wires it, ticked by hand and measured."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import aiohttp
import uvloop

from benchmarks.load.accounting import resident
from scaler.cluster.informers import Cluster, tune_garbage_collector
from scaler.config.document import Config, SourceConfig
from scaler.config.file import ConfigFile
from scaler.config.scaling import Scaling
from scaler.control.actuator import Actuator
from scaler.control.context import ClusterView, Context
from scaler.control.inputs import Fetcher
from scaler.control.loop import Loop
from scaler.control.watchdog import Watchdog
from scaler.decision import Policy
from scaler.report.reporter import Reporter
from scaler.report.stats import Stats
from scaler.sources.kind import Access
from scaler.sources.wakes import WakeStreams
from shared.kube.client import KubeClient
from shared.kube.events import EventRecorder
from shared.kube.resources import PODS
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor
from shared.service.spaces import Spaces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

MEBIBYTE = 2**20
WARM_UP = 15
"""Ticks not measured: until the caches are warm."""
WATCHED = 65
"""The same where gateways count: until a forecast of their requests is used, and judged."""
LEARNT = 6
"""Samples until arrivals are known to explain the CPU."""

EXPLAINED = 50
"""Percent of the changes of CPU; less and it may not be believed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What `ticks` ticks over all services cost."""

    services: int
    pods: int
    policy: str
    gateways: int
    """How many are asked."""
    changes: int
    """Pods changed before each tick."""
    every: int
    """Seconds between two samples of CPU; 0: each tick has new ones."""
    cpu: Sequence[float]
    """Seconds of CPU of this process, by tick."""
    wall: Sequence[float]
    requests: float
    """To the API server, by tick."""
    rss: int
    """Bytes resident after the last tick."""
    growth: int
    """Bytes by which that grew from the middle tick to the last."""

    @property
    def median(self) -> float:
        return statistics.median(self.cpu)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.cpu)

    @property
    def tail(self) -> float:
        """The 90th percentile."""
        return statistics.quantiles(self.cpu, n=10)[-1]


class Steps(SystemClock):
    """Monotonic time that goes on by the step, so that every service is due in every tick."""

    def __init__(self) -> None:
        self.steps = 0

    def monotonic(self) -> float:
        return float(self.steps)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: a policy over so many services and pods, told of requests by `gateways`."""

    kubeconfig: str
    services: int
    pods: int
    policy: str
    gateways: tuple[str, ...]
    changes: int
    ticks: int
    every: int = 0

    @property
    def warm_up(self) -> int:
        """Ticks until all is known."""
        return max(WATCHED, LEARNT * self.every) if self.gateways else WARM_UP


def measure(plan: Plan) -> Result:
    """Every service is due in every tick, and `changes` pods are new."""
    return uvloop.run(_measure(plan))


async def _measure(plan: Plan) -> Result:
    config = Config(
        source=SourceConfig(gateways=plan.gateways),
        defaults=Scaling(policy=Policy(name=plan.policy, period=1.0)),
    )
    async with (
        KubeClient.open(field_manager="scaler", kubeconfig=plan.kubeconfig) as kube,
        aiohttp.ClientSession() as session,
        Supervisor() as tasks,
    ):
        cluster = Cluster(kube)
        cluster.start(tasks)
        await cluster.wait()
        tune_garbage_collector()
        stats = Stats()
        clock = Steps()
        loop = _loop(kube, session, tasks, cluster, stats, config, clock)
        for _ in range(plan.warm_up):
            clock.steps += 1
            await loop.tick()  # the first reads every pod and every definition
            await asyncio.sleep(1.0)
        stats.decisions.clear()
        touch = _touching(kube, cluster, plan.changes)
        requests = 0
        cpu, wall, sizes = [], [], []
        for _ in range(plan.ticks):
            await anext(touch)
            before = await _requests(kube)
            clock.steps += 1
            began = time.monotonic(), time.process_time()
            await loop.tick()
            wall.append(time.monotonic() - began[0])
            cpu.append(time.process_time() - began[1])
            requests += await _requests(kube) - before - 1
            sizes.append(resident(os.getpid()))
            await asyncio.sleep(max(1.0 - wall[-1], 0))
        decided = sum(stats.decisions.values())
        due = plan.services * plan.ticks
        assert decided == due, f"{decided} decisions, not {due}"
        assert {action for action, _ in stats.decisions} == {"None"}, stats.decisions
        _check_fit(stats, plan)
        growth = sizes[-1] - sizes[len(sizes) // 2]
        return Result(
            plan.services,
            plan.pods,
            plan.policy,
            len(plan.gateways),
            plan.changes,
            plan.every,
            cpu,
            wall,
            requests / plan.ticks,
            sizes[-1],
            growth,
        )


def _check_fit(stats: Stats, plan: Plan) -> None:
    """Feed-forward is on where gateways count: arrivals explain the CPU of all services."""
    signals = [each.decision.signal for each in stats.services.values() if each.decision]
    known = sum(each is not None and (each.fit_pct or 0) >= EXPLAINED for each in signals)
    expected = plan.services if plan.gateways else 0
    assert known == expected, f"arrivals explain the CPU of {known} services, not {expected}"


async def _touching(kube: KubeClient, cluster: Cluster, changes: int) -> AsyncIterator[None]:
    """Change so many pods at each turn, and let the scaler's cache hear of it."""
    turn = 0
    while True:
        turn += 1
        keys = list(islice(cluster.caches().pods, changes))
        for space, name in keys:
            body = {"metadata": {"annotations": {"turn": str(turn)}}}
            await kube.patch(PODS, name, body, space)
        await asyncio.sleep(0.2)
        yield


def _loop(
    kube: KubeClient,
    session: aiohttp.ClientSession,
    tasks: Supervisor,
    cluster: Cluster,
    stats: Stats,
    config: Config,
    clock: SystemClock,
) -> Loop:
    own = {"kind": "Lease", "metadata": {"name": "scaler", "namespace": "oscar"}}
    reporter = Reporter(stats, EventRecorder(kube, "scaler", clock), own, clock)

    async def nobody(_: dict[str, Any]) -> str:
        return "nobody"

    access = Access(kube, session, Spaces(), cluster.nodes_in_use)
    return Loop(
        Context(clock, tasks, reporter),
        ClusterView(cluster.catalog, lambda: True, nobody),
        ConfigFile(None, config, reporter),
        Fetcher(access, reporter),
        Actuator(kube, lambda: True, clock),
        Watchdog(clock),
        WakeStreams(session, tasks, clock, partial(reporter.source, "wakes")),
    )


async def _requests(kube: KubeClient) -> int:
    return int(await kube.text("/api/v1/nodes/hollow/proxy/requests"))
