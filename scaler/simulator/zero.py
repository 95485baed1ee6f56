"""Controllers that let a service go to no pods while nobody asks, and what that saves and costs.

A model of `scaler.decision.zero` and of its rivals: what differs between them is for how long
nobody must have asked, and how soon a request is noticed. The gateway, activator or interceptor
holds what comes meanwhile. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scaler.decision import Observation
    from scaler.simulator.arm import Arm, Decider, Start
    from scaler.simulator.simulate import Trace


@dataclass(frozen=True, slots=True)
class Rest:
    """When a controller goes to zero, and back: after `after_s` without a request, and in the
    second after one, to `wake_to` pods."""

    after_s: float
    wake_to: int = 1


KPA = Rest(90.0)
"""Knative: zero in the mean of its stable window of 60 s, then 30 s of grace; the activator pokes
the autoscaler at once."""
KEDA = Rest(300.0)
"""KEDA: 300 s of cooldown; its scaler streams whether anything is active, from counts of 500 ms."""


def resting(arm: Arm, name: str, rest: Rest) -> Arm:
    """`arm`, which sees the gateway's requests, with zero."""
    start = partial(_resting, start=arm.start, period_s=arm.period_s, rest=rest)
    return replace(arm, name=name, start=start, period_s=1)


def _resting(
    found: Start, start: Callable[..., Decider], period_s: int, rest: Rest, **given: float
) -> Decider:
    awake, world = start(found, **given), found.run.world
    size = min(max(rest.wake_to, world.minimum), world.maximum)
    used, seen_arrivals = found.now, 0.0

    def decider(seen: Observation, now: float) -> int:
        nonlocal used, seen_arrivals
        load = seen.load
        if load is None:
            return seen.spec_replicas
        arrivals = load.arrivals or 0.0
        starts = seen.spec_replicas > 0 and not any(pod.ready == "True" for pod in seen.pods)
        asked = arrivals > seen_arrivals or load.in_flight or load.waiting
        if asked or starts:
            used, seen_arrivals = now, arrivals
        if seen.spec_replicas == 0:
            return size if asked else 0
        if now - used >= rest.after_s:
            return 0
        return awake(seen, now) if now % period_s == 0 else seen.spec_replicas

    return decider


@dataclass(frozen=True, slots=True)
class Rested:
    """What came of it in one run: pod-seconds, the share of time without pods, how often it was
    woken, and for each second of a request that met no ready pod and was served, how many came and
    how long each waited for the first. `unserved` is the share of the work that was not done."""

    pod_seconds: int
    asleep: float
    wakes: int
    waits: tuple[tuple[int, int], ...]
    unserved: float

    @property
    def held(self) -> int:
        """Requests that met no ready pod, and were served."""
        return sum(count for count, _ in self.waits)

    @property
    def mean_s(self) -> float:
        """How long one of those waited in the mean."""
        return sum(count * wait for count, wait in self.waits) / self.held if self.held else 0.0

    @property
    def worst_s(self) -> int:
        return max((wait for _, wait in self.waits), default=0)


def rested(trace: Trace, arrivals: Sequence[int], holds_s: float) -> Rested:
    """The figures of a run in which so many requests came in each second, and were held so long."""
    seconds = len(trace.spec)
    waits, ready = [], seconds
    for second in reversed(range(seconds)):
        if trace.ready[second]:
            ready = second
        elif arrivals[second] and ready - second <= holds_s:
            waits.append((arrivals[second], ready - second))
    return Rested(
        sum(trace.pods),
        trace.spec.count(0) / seconds,
        sum(before == 0 < after for before, after in pairwise(trace.spec)),
        tuple(reversed(waits)),
        trace.unserved,
    )
