"""A model of a Deployment on a cluster, one second at a time. Pure but for its random source.

Pods take time to start and burn CPU meanwhile; ready pods share the work, each up to its limit;
what they cannot do waits, and gives up after a while. Terminating pods serve no more but cost.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.decision.types import Container, Pod, Sample

if TYPE_CHECKING:
    from random import Random

    from scaler.simulator.scenario import World

_IDLE_M = 5.0


class SimPod:
    """A pod of the model; `cpu` is its counter of milliCPU-seconds since the container started."""

    __slots__ = (
        "cpu",
        "created",
        "deleted",
        "name",
        "ready",
        "ready_at",
        "skew",
        "started",
        "transitioned",
        "version",
    )

    def __init__(self, name: str, created: float, version: int, skew: float) -> None:
        self.name = name
        self.created = created
        self.version = version
        self.skew = skew
        self.started: float | None = None
        self.ready = False
        self.ready_at = math.inf
        self.transitioned: float | None = None
        self.deleted: float | None = None
        self.cpu = 0.0

    def observed(self, world: World, sample: Sample | None, usage_m: int | None) -> Pod:
        """As the API server and the metrics would show it."""
        started = self.started is not None
        return Pod(
            name=self.name,
            phase="Running" if started else "Pending",
            deleted=self.deleted is not None,
            ready=("True" if self.ready else "False") if started else None,
            started=self.started,
            transitioned=self.transitioned,
            containers=(Container("app", world.request_m, world.limit_m, usage_m),),
            sample=sample,
        )


class Cluster:
    """The state of the service: its pods, the replicas asked for and the work that waits."""

    def __init__(self, world: World, replicas: int, random: Random) -> None:
        self.world = world
        self.random = random
        self.spec = replicas
        self.version = 0
        self.pods: list[SimPod] = []
        self.backlog = 0.0
        self.served = 0.0
        self.dropped = 0.0
        self.created = 0
        self.restarted: list[SimPod] = []
        for _ in range(replicas):
            pod = self._create(-600.0)
            pod.started, pod.ready, pod.transitioned = -598.0, True, -588.0

    def step(self, now: float, load: float) -> None:
        """One second: the controller acts, pods live on, `load` pods' worth of work arrives."""
        if now in self.world.rollouts:
            self.version += 1
        self._reconcile(now)
        self._age(now)
        self._serve(load * self.world.limit_m)

    def active(self) -> list[SimPod]:
        """Pods that are not being deleted."""
        return [pod for pod in self.pods if pod.deleted is None]

    def ready(self) -> list[SimPod]:
        """Pods that serve."""
        return [pod for pod in self.pods if pod.ready and pod.deleted is None]

    def wait_s(self) -> float:
        """Seconds that a request which arrives now will wait."""
        capacity = len(self.ready()) * self.world.limit_m
        if capacity:
            return self.backlog / capacity
        return math.inf if self.backlog else 0.0

    def _create(self, now: float) -> SimPod:
        self.created += 1
        skew = self.random.uniform(1 - self.world.imbalance, 1 + self.world.imbalance)
        pod = SimPod(f"pod-{self.created}", now, self.version, skew)
        self.pods.append(pod)
        return pod

    def _reconcile(self, now: float) -> None:
        """What the Deployment and ReplicaSet controllers do: count, and roll out by quarters."""
        active = self.active()
        old = [pod for pod in active if pod.version != self.version]
        surge = math.ceil(self.spec / 4) if old else 0
        fresh = len(active) - len(old)
        for _ in range(min(self.spec - fresh, self.spec + surge - len(active))):
            active.append(self._create(now))
        ready = sum(pod.ready for pod in active)
        spare = ready - (self.spec - self.spec // 4) if old else 0
        for pod in old:
            if not pod.ready or spare > 0:
                spare -= pod.ready
                pod.deleted = now
        remaining = [pod for pod in active if pod.deleted is None]
        excess = len(remaining) - self.spec - surge
        if excess > 0:
            remaining.sort(key=lambda pod: (pod.ready, -pod.created))
            for pod in remaining[:excess]:
                pod.deleted = now

    def _age(self, now: float) -> None:
        world = self.world
        self.pods = [p for p in self.pods if p.deleted is None or now < p.deleted + world.grace_s]
        self.restarted = []
        for pod in self.pods:
            if pod.started is None and now >= pod.created + world.schedule_s:
                pod.started = pod.transitioned = now
                pod.ready_at = now + self.random.uniform(*world.start_s)
            if not pod.ready and now >= pod.ready_at:
                pod.ready, pod.transitioned = True, now
            failure = world.mean_time_to_failure_s
            if failure and pod.ready and self.random.random() < 1 / failure:
                self._crash(pod, now)

    def _crash(self, pod: SimPod, now: float) -> None:
        """The container restarts in place: unready again, and its counter begins anew."""
        pod.ready, pod.transitioned, pod.cpu = False, now, 0.0
        pod.ready_at = now + self.random.uniform(*self.world.start_s)
        self.restarted.append(pod)

    def _serve(self, work: float) -> None:
        world, ready = self.world, self.ready()
        capacity = len(ready) * world.limit_m
        total = work + self.backlog
        self.served = min(total, capacity)
        left = total - self.served
        self.backlog = min(left, world.patience_s * max(capacity, work))
        self.dropped += left - self.backlog
        share = self.served / len(ready) if ready else 0.0
        for pod in self.pods:
            if pod.ready and pod.deleted is None:
                pod.cpu += min(world.limit_m, _IDLE_M + share * pod.skew)
            elif pod.started is not None and not pod.ready:
                pod.cpu += min(world.limit_m, world.start_cpu_m)
            else:
                pod.cpu += _IDLE_M
