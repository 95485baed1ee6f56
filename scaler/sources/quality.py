"""Tells samples that may be believed from stale, partial, missing and absurd ones. Pure.

A sample that is turned down counts as missing, and the decision core never shrinks a service on
what is missing; so a broken source can at worst keep a service at its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from scaler.sources.samples import PodUsage
from shared.service.values import value


class Fault(StrEnum):
    """Why a sample was turned down; the names are those of the metric's label."""

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

    usage: dict[str, PodUsage] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    """By pod."""


def judge(
    expected: Iterable[Expected],
    samples: Mapping[str, PodUsage],
    capacities: Mapping[str, int],
    now: float,
    limits: Limits,
) -> Judged:
    """Keep of `samples` those of the expected pods that may be believed at `now`.

    `capacities` are the milliCPU of nodes by name.
    """
    result = Judged()
    earliest, latest = now - limits.max_age, now + limits.max_lead
    for pod in expected:
        usage = samples.get(pod.name)
        if usage is None:
            result.faults[pod.name] = Fault.MISSING
            continue
        most = capacities.get(pod.node, DEFAULT_CAPACITY) * limits.capacity_factor
        fault = _fault(usage, pod.containers, most, earliest, latest)
        if fault is None:
            result.usage[pod.name] = usage
        else:
            result.faults[pod.name] = fault
    return result


def _fault(
    usage: PodUsage, containers: frozenset[str], most: int, earliest: float, latest: float
) -> Fault | None:
    """What is wrong with a sample of `containers`, at `most` milliCPU; None when nothing is."""
    if not earliest <= usage.time <= latest:
        return Fault.STALE if usage.time < earliest else Fault.FUTURE
    total = 0
    for name in containers:
        value = usage.containers.get(name)
        if value is None:
            return Fault.PARTIAL
        if value < 0:
            return Fault.NEGATIVE
        total += value
    return Fault.EXCESSIVE if total > most else None
