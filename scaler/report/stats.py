"""Counters, and the last status of each service, for metrics and decisions. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from scaler.control.standing import Standing

if TYPE_CHECKING:
    from scaler.control.actuator import Result
    from scaler.decision import Decision
    from scaler.sources.quality import Fault

MAX_REASONS: Final = 256
OTHER: Final = "other"
DIRECTIONS: Final = ("up", "down", "sleep", "wake")
BUCKETS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 30.0, 60.0, 120.0, 300.0, 600.0, float("inf")),
)
"""Upper bounds in seconds: of a write, which takes milliseconds, and of a model's start."""


@dataclass(slots=True)
class ServiceStatus:
    """The last that happened with one service; times are unix seconds."""

    standing: Standing = Standing.ACTIVE
    note: str = ""
    least: int = 0
    most: int = 0
    """min_scale and max_scale of the definition."""
    current: int = 0
    ready: int = 0
    hold: str = ""
    """In words: the size that somebody else has set, and until when it is held."""
    hold_until: float | None = None
    decision: Decision | None = None
    decided: float = 0.0
    written: float | None = None
    unmarked: bool = False
    """The last write shrank it, and which pods go was left to Kubernetes."""
    awake: str = ""
    """What keeps a service awake that may sleep."""
    asleep_since: float | None = None
    """Since when it sleeps, as far as this process has seen it."""
    slept_s: float = 0.0
    """Seconds that it has slept before, since this process began."""
    cold_starts: int = 0
    revision: int = 0
    """Of the Deployment, as its controller counts roll-outs; 0: not yet known."""
    rescales: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DIRECTIONS, 0))
    """Sizes written; all are there from the start, as Prometheus sees no growth from nothing."""
    pods: int = 0
    """Pods that are there, those that start included and those that end left out."""
    pods_since: float | None = None
    ran_s: float = 0.0
    """Pod-seconds before `pods_since`, since this process began to lead."""

    def runs(self, pods: int, now: float) -> None:
        """So many pods are there from `now` on."""
        self.ran_s = self.pod_s(now)
        self.pods, self.pods_since = pods, now

    def pod_s(self, now: float) -> float:
        """Pod-seconds until `now`; a clock that was set back takes none away."""
        since = now if self.pods_since is None else self.pods_since
        return self.ran_s + self.pods * max(0.0, now - since)

    def rescaled(self, direction: str) -> None:
        """Count a size that was written; `direction` is of DIRECTIONS."""
        self.rescales[direction] += 1

    def fell_asleep(self, now: float) -> None:
        """It sleeps at `now`."""
        if self.asleep_since is None:
            self.asleep_since = now

    def woke(self, now: float) -> None:
        """It does not sleep at `now`."""
        if self.asleep_since is not None:
            self.slept_s += now - self.asleep_since
            self.asleep_since = None

    def asleep_s(self, now: float) -> float:
        """Seconds that it has slept, until `now`."""
        return self.slept_s + (0.0 if self.asleep_since is None else now - self.asleep_since)


@dataclass(slots=True)
class Histogram:
    """Seconds, counted by the upper bounds of BUCKETS."""

    counts: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    total: float = 0.0

    def saw(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def cumulated(self) -> list[tuple[str, float]]:
        """As Prometheus counts: each bucket with all below it."""
        names = (*(f"{bound:g}" for bound in BUCKETS[:-1]), "+Inf")
        return list(zip(names, accumulate(self.counts), strict=True))


@dataclass(slots=True)
class Stats:
    """Numbers of the process. Counters only grow; those by name are bounded."""

    services: dict[str, ServiceStatus] = field(default_factory=dict)
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By action (or `Invalid`) and first reason."""
    limits: Counter[str] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)
    malformed: int = 0
    source_failures: Counter[str] = field(default_factory=Counter)
    source_ages: dict[str, float] = field(default_factory=dict)
    """Seconds since a source's samples came, as of the last round."""
    gateways: dict[str, int] = field(default_factory=dict)
    """How many are `heard` and `silent`; empty: none are configured."""
    writes: Counter[Result] = field(default_factory=Counter)
    service_errors: int = 0
    foreign_changes: int = 0
    cold_starts: dict[str, Histogram] = field(default_factory=dict)
    """How long the parts of starts from 0 replicas took; see `scaler.control.cold_start.PARTS`."""
    wake_streams: int = 0
    """Gateways that tell of requests as they come."""
    ticks: int = 0
    tick_seconds: float = 0.0
    """Sum over all ticks."""
    last_tick_seconds: float = 0.0
    overruns: int = 0
    leading: bool = False
    admin: str = ""
    """The address of the admin port as others reach it; empty until it is open."""
    config_generation: int = 0
    config_valid: bool = True

    def of(self, service: str) -> ServiceStatus:
        """The status of a service, known or not."""
        status = self.services.get(service)
        if status is None:  # not `setdefault`: it would make one in vain for each decision
            status = self.services[service] = ServiceStatus()
        return status

    def decided(self, decision: Decision) -> None:
        """Count a decision by what it does and why."""
        action = decision.action.value if decision.valid else "Invalid"
        key = action, decision.reasons[0] if decision.reasons else "None"
        bounded = key in self.decisions or len(self.decisions) < MAX_REASONS
        self.decisions[key if bounded else (action, OTHER)] += 1
        for limit in decision.limits:
            known = limit in self.limits or len(self.limits) < MAX_REASONS
            self.limits[limit if known else OTHER] += 1

    def ticked(self, seconds: float) -> None:
        """Count a tick that took `seconds`."""
        self.ticks += 1
        self.tick_seconds += seconds
        self.last_tick_seconds = seconds
