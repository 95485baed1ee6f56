"""Tells samples that may be believed from stale, partial, missing and absurd ones. Pure.

A sample that is turned down counts as missing, and the decision core never shrinks a service on
what is missing; so a broken source can at worst keep a service at its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from scaler.decision.types import Sample
from shared.service.values import value


class Fault(StrEnum):
    """What is wrong with a sample; the names are those of the metric's label.

    All but PARTIAL are turned down: what a sample without some containers is worth, each policy
    knows (policy hpa may look at one container only).
    """

    MISSING = "missing"
    PARTIAL = "partial"
    STALE = "stale"
    FUTURE = "future"
    NEGATIVE = "negative"
    EXCESSIVE = "excessive"


DEFAULT_CAPACITY: Final = 512_000
"""milliCPU taken for a node whose capacity is unknown: more than any machine sold has."""


@value
class Limits:
    """What a believable sample keeps to."""

    max_age: float = 90.0
    """Seconds since the end of the window. Three periods of a metrics-server at its slowest are
    more, so a cluster with 60 s resolution sets this higher."""
    max_lead: float = 10.0
    """Seconds a sample may lie in the future: clocks of nodes differ."""
    capacity_factor: int = 2
    """How many times its node's capacity a pod may seem to use: short windows overshoot."""


@value
class Expected:
    """A pod that should have a sample."""

    name: str
    containers: frozenset[str]
    node: str = ""


@dataclass(slots=True)
class Judged:
    """The samples that stand, and why the others do not."""

    usage: dict[str, Sample] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    """By pod."""
    details: dict[str, str] = field(default_factory=dict)
    """The numbers behind each fault, by pod; a sample that is missing has none."""
    expected: tuple[Expected, ...] = ()
    limits: Limits = field(default_factory=Limits)
    until: float = 0.0
    """Until when they stand, if no others come."""

    def holds(
        self,
        expected: tuple[Expected, ...],
        samples: Mapping[str, Sample],
        now: float,
        limits: Limits,
    ) -> bool:
        """Whether `judge` would say the same: all stood, and are still the last ones. So it is in
        most ticks, for metrics servers have new ones every fifteen seconds."""
        if self.faults or now > self.until or self.expected != expected or self.limits != limits:
            return False
        sample = samples.get
        for name, known in self.usage.items():
            one = sample(name)
            if one is not known and (one is None or one.time != known.time):
                return False
        return True


def judge(
    expected: tuple[Expected, ...],
    samples: Mapping[str, Sample],
    capacities: Mapping[str, int],
    now: float,
    limits: Limits,
) -> Judged:
    """Keep of `samples` those of the expected pods that may be believed at `now`.

    `capacities` are the milliCPU of nodes by name.
    """
    result = Judged(expected=expected, limits=limits)
    earliest, latest = now - limits.max_age, now + limits.max_lead
    sample, capacity, factor = samples.get, capacities.get, limits.capacity_factor
    for pod in expected:
        usage = sample(pod.name)
        if usage is None:
            result.faults[pod.name] = Fault.MISSING
            continue
        most = capacity(pod.node, DEFAULT_CAPACITY) * factor
        fault = _fault(usage, pod.containers, most, earliest, latest)
        if fault is None or fault is Fault.PARTIAL:
            result.usage[pod.name] = usage
        if fault is not None:
            result.faults[pod.name] = fault
            result.details[pod.name] = _detail(fault, usage, pod, most, now, limits)
    oldest = min([usage.time for usage in result.usage.values()], default=0.0)
    result.until = oldest + limits.max_age
    return result


def _detail(
    fault: Fault, usage: Sample, pod: Expected, most: int, now: float, limits: Limits
) -> str:
    age, total = now - usage.time, sum(filter(None, usage.usage_m.values()))
    match fault:
        case Fault.STALE:
            return f"{age:.0f} s old, max_sample_age {limits.max_age:g} s"
        case Fault.FUTURE:
            return (
                f"taken {-age:.0f} s from now, {limits.max_lead:g} s are believed: set the clock "
                f"of node {pod.node or '(unknown)'}, of the metrics server or of the scaler"
            )
        case Fault.PARTIAL:
            absent = sorted(each for each in pod.containers if usage.usage_m.get(each) is None)
            return f"no CPU of container {', '.join(absent)}"
        case Fault.NEGATIVE:
            return f"{min(filter(None, usage.usage_m.values()))}m of CPU"
        case _:
            return f"{total}m of CPU, {most}m are believed of its node"


def _fault(
    usage: Sample, containers: frozenset[str], most: int, earliest: float, latest: float
) -> Fault | None:
    """What is wrong with a sample of `containers`, at `most` milliCPU; None when nothing is."""
    if not earliest <= usage.time <= latest:
        return Fault.STALE if usage.time < earliest else Fault.FUTURE
    total, partial, used = 0, False, usage.usage_m.get
    for name in containers:
        value = used(name)
        if value is None:
            partial = True
            continue
        if value < 0:
            return Fault.NEGATIVE
        total += value
    if total > most:
        return Fault.EXCESSIVE
    return Fault.PARTIAL if partial else None
