"""A model of a Deployment on a cluster, one second at a time. Pure but for its random source.

Pods take time to start and burn CPU meanwhile; ready pods share the work, each up to its limit;
what they cannot do waits, and gives up after a while. Terminating pods serve no more but cost.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.simulator.pod import NO_IMAGE, SimPod

if TYPE_CHECKING:
    from random import Random

    from scaler.simulator.scenario import World

_IDLE_M = 5.0


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
        self._sized = replicas
        self._held = 0
        """Seconds for which work has waited without a ready pod."""
        for _ in range(replicas):
            if world.ready_at_start:
                self._create(-600.0).found(-598.0, -588.0)
            else:
                self._create(0.0)

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

    def _create(self, now: float, version: int | None = None) -> SimPod:
        self.created += 1
        skew = self.random.uniform(1 - self.world.imbalance, 1 + self.world.imbalance)
        version = self.version if version is None else version
        pod = SimPod(f"pod-{self.created}", now, version, skew)
        self.pods.append(pod)
        return pod

    def _reconcile(self, now: float) -> None:
        """What the Deployment and ReplicaSet controllers do: count, and roll out by quarters."""
        active = self.active()
        old = [pod for pod in active if pod.version != self.version]
        surge = math.ceil(self.spec / 4) if old else 0
        if old and self.spec != self._sized:
            grown = self._in_proportion(self.spec + surge - len(active), old, len(active), now)
            active, old = [*active, *grown], [*old, *grown]
        self._sized = self.spec
        fresh = len(active) - len(old)
        for _ in range(min(self.spec - fresh, self.spec + surge - len(active))):
            active.append(self._create(now))
        self._retire(old, active, now)
        remaining = [pod for pod in active if pod.deleted is None]
        excess = len(remaining) - self.spec - surge
        if excess > 0:
            remaining.sort(key=lambda pod: (pod.ready, -pod.created))
            for pod in remaining[:excess]:
                pod.deleted = now

    def _retire(self, old: list[SimPod], active: list[SimPod], now: float) -> None:
        """Old pods go: first those that serve nobody, then what is beyond three quarters that do.

        While new pods do not come up, neither: they count as gone already.
        """
        least = self.spec - self.spec // 4
        coming = sum(not pod.ready for pod in active if pod.version == self.version)
        idle = [pod for pod in old if not pod.ready][: max(0, len(active) - least - coming)]
        spare = max(0, sum(pod.ready for pod in active) - least)
        for pod in (*idle, *[pod for pod in old if pod.ready][:spare]):
            pod.deleted = now

    def _in_proportion(self, more: int, old: list[SimPod], active: int, now: float) -> list[SimPod]:
        """Pods of the old version that a Deployment gets when it grows amid a rollout."""
        share = round(more * len(old) / active)
        return [self._create(now, old[0].version) for _ in range(share)]

    def _age(self, now: float) -> None:
        world = self.world
        self.pods = [p for p in self.pods if p.deleted is None or now < p.deleted + world.grace_s]
        self.restarted = []
        for pod in self.pods:
            if pod.started is None and now >= pod.created + world.schedule_s:
                self._start(pod, now)
            self._run_due(pod, now)
            if not pod.ready and now >= pod.ready_at:
                pod.answer(now)
            if self._fails(pod, now):
                pod.end(now)
                self.restarted.append(pod)
                self._run_due(pod, now)

    def _run_due(self, pod: SimPod, now: float) -> None:
        if pod.running is None and now >= pod.runs_at:
            pod.run(now, self.random.uniform(*self.world.start_s))

    def _start(self, pod: SimPod, now: float) -> None:
        """A node has taken the pod; its container runs once the image is there."""
        pod.started = pod.transitioned = now
        if self.world.pullable or not pod.version:
            pod.runs_at = now
        else:
            pod.waiting = NO_IMAGE

    def _fails(self, pod: SimPod, now: float) -> bool:
        longest, mean = self.world.run_s, self.world.mean_time_to_failure_s
        if longest is not None and pod.running is not None and now >= pod.running + longest:
            return True
        return mean is not None and pod.ready and self.random.random() < 1 / mean

    def _serve(self, work: float) -> None:
        world, ready = self.world, self.ready()
        capacity = len(ready) * world.limit_m
        total = work + self.backlog
        self.served = min(total, capacity)
        left = total - self.served
        self.backlog = min(left, self._patience_m(capacity, work))
        self.dropped += left - self.backlog
        share = self.served / len(ready) if ready else 0.0
        for pod in self.pods:
            if pod.running is not None:
                pod.cpu += self._used_m(pod, share)

    def _patience_m(self, capacity: float, work: float) -> float:
        """How much work waits at most, in milliCPU-seconds; what is more gives up."""
        world = self.world
        if world.holds_s is None:
            return world.patience_s * max(capacity, work)
        if capacity == 0:
            self._held += bool(self.backlog or work)
            return math.inf if self._held <= world.holds_s else 0.0
        self._held = 0
        return max(self.backlog, world.patience_s * max(capacity, work))

    def _used_m(self, pod: SimPod, share: float) -> float:
        """CPU of a pod whose container runs, if those that are ready serve `share` each."""
        limit = self.world.limit_m
        if not pod.ready:
            return min(limit, self.world.start_cpu_m)
        if self.world.spins:
            return limit
        return min(limit, _IDLE_M + share * pod.skew) if pod.deleted is None else _IDLE_M
