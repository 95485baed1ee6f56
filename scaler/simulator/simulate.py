"""One run of one policy over one scenario, in virtual time, with `decide` unchanged."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from scaler.decision import Observation
from scaler.simulator.arm import Arm, Start
from scaler.simulator.cluster import Cluster
from scaler.simulator.gateway import Gateway
from scaler.simulator.sampling import Kubelet, MetricsServer
from scaler.simulator.scenario import found_replicas, ideal_replicas
from scaler.sources.samples import Sampling

if TYPE_CHECKING:
    from scaler.simulator.scenario import Run, World

_RESTART_S = 10  # a controller that restarts is away for so long


@dataclass(slots=True)
class Trace:
    """What happened, one entry a second. `load` and `ideal` belong to the run, the rest to the arm.

    `utilisation` is the share of the ready pods' requests in use; `wait` is in seconds; `unserved`
    is the share of the whole work that gave up waiting.
    """

    load: tuple[float, ...]
    ideal: list[int]
    spec: list[int] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    pods: list[int] = field(default_factory=list)
    wait: list[float] = field(default_factory=list)
    utilisation: list[float] = field(default_factory=list)
    violated: list[bool] = field(default_factory=list)
    unserved: float = 0.0
    created: int = 0
    arrivals: tuple[int, ...] = ()
    """The requests of each second, where the arm sees them."""


def simulate(run: Run, arm: Arm) -> Trace:
    """The trace of `arm` over `run`; equal arguments give equal traces."""
    chance = f"{run.draw or run.scenario} {run.seed}"
    random = Random(f"{chance} cluster")
    trace = Trace(run.load, ideal_replicas(run))
    cluster = Cluster(run.world, found_replicas(run), random)
    kubelet, server = Kubelet(random), MetricsServer(random)
    models: dict[Sampling, Kubelet | MetricsServer] = {
        Sampling.KUBELET: kubelet,
        Sampling.METRICS_SERVER: server,
    }
    requests = Random(f"{chance} requests")  # apart: it moves no other arm
    gateway = Gateway(run.world, requests, arm.gateway, exact=run.lives) if arm.gateway else None
    arrivals = _arrivals(run, Random(f"{chance} arrivals")) if gateway else run.arrivals
    trace.arrivals = arrivals
    loop = _Loop(run, arm, cluster.spec, random)
    for second, load in enumerate(run.load):
        now = float(second)
        cluster.step(now, load)
        kubelet.step(now, cluster.pods, cluster.restarted)
        server.step(now, cluster.pods, kubelet, cluster.restarted)
        if gateway:
            gateway.step(now, cluster, arrivals[second])
        loop.tick(second, cluster, models[arm.sampling], gateway)
        _record(trace, cluster, run.world, load)
    trace.created = cluster.created
    trace.unserved = cluster.dropped / (run.world.limit_m * sum(run.load)) if any(run.load) else 0.0
    return trace


def _arrivals(run: Run, random: Random) -> tuple[int, ...]:
    """The requests of each second; where only their work is known, by chance."""
    return run.arrivals or run.world.requests(random, run.load)


class _Loop:
    """The controller: asks the decider once a period and writes what it says."""

    def __init__(self, run: Run, arm: Arm, replicas: int, random: Random) -> None:
        self.run, self.arm = run, arm
        self.phase = random.randrange(arm.period_s)
        self.stored: dict[str, Any] = {}
        self.resumes = 0
        self.decider = arm.start(Start(run, 0.0, replicas, self.stored))

    def tick(
        self,
        second: int,
        cluster: Cluster,
        source: Kubelet | MetricsServer,
        gateway: Gateway | None,
    ) -> None:
        """Decide and act when the period is over."""
        world = self.run.world
        if second in world.restarts:
            self.resumes = second + _RESTART_S
            found = Start(self.run, float(self.resumes), cluster.spec, self.stored)
            self.decider = self.arm.start(found)
        if second >= self.resumes and second % self.arm.period_s == self.phase:
            now = float(second)
            seen = _observe(cluster, source, world, now, gateway)
            cluster.spec = self.decider(seen, now)


def _observe(
    cluster: Cluster,
    source: Kubelet | MetricsServer,
    world: World,
    now: float,
    gateway: Gateway | None,
) -> Observation:
    out = any(start <= now < end for start, end in world.outages)
    samples = {} if out else source.published
    pods = tuple(pod.observed(world) for pod in cluster.pods)
    return Observation(
        service="simulated",
        spec_replicas=cluster.spec,
        status_replicas=len(cluster.active()),
        pods=pods,
        samples={pod.name: samples[pod.name] for pod in pods if pod.name in samples},
        load=gateway.load if gateway else None,
        metrics_error="the metrics API does not answer" if out else "",
        in_flight=gateway.shares(cluster.ready()) if gateway else {},
    )


def _record(trace: Trace, cluster: Cluster, world: World, load: float) -> None:
    ready = len(cluster.ready())
    wait = cluster.wait_s()
    trace.spec.append(cluster.spec)
    trace.ready.append(ready)
    trace.pods.append(len(cluster.pods))
    trace.wait.append(wait)
    trace.utilisation.append(cluster.served / (ready * world.request_m) if ready else 0.0)
    trace.violated.append(load > ready or wait > world.slo_wait_s)
