"""From counters to rates: the last two samples of one container, or of the node. Pure.

Filled by the agent, read for metrics. Source: metrics-server `pkg/storage/pod.go`: usage is the
difference of two samples by their times, so there is none before the second sample; but one of a
young container is compared with its start, when its counter was zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.embedded.node.procfs import Usage

GIVE_UP: Final = 3  # samples below the highest, after which CPU time counts as lost
FRESH: Final = 10.0
"""Seconds after a start from which on a sample tells of the whole run (metrics-server,
freshContainerMinMetricsResolution)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """At `time` (seconds since the epoch): CPU seconds so far, bytes of memory."""

    time: float
    cpu: float
    memory: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Cores and bytes in use over the `window` seconds that end at `time`."""

    time: float
    window: float
    cores: float
    memory: int


class Meter:
    """Keeps a counter that never falls, and its last two samples.

    A reading can be too low for a moment, when a child ends between the reading of its parent and
    its own; the highest reading holds then. Time of children that a parent never waits for
    (SIGCHLD ignored) is lost for good; after `GIVE_UP` low readings the count goes on from there.
    """

    def __init__(self, started: float = 0.0, resolution: float = 0.0) -> None:
        """Of a container that `started` (seconds since the epoch) and is read all `resolution`
        seconds; of the node neither is told."""
        self._started = started
        self._resolution = resolution
        self._offset = 0.0
        self._low = 0
        self.previous: Sample | None = None
        self.last: Sample | None = None

    def add(self, now: float, usage: Usage) -> None:
        """Take in a reading made at `now`."""
        cpu = usage.cpu + self._offset
        highest = self.last.cpu if self.last is not None else 0.0
        if cpu < highest:
            self._low += 1
            if self._low >= GIVE_UP:
                self._offset += highest - cpu
                self._low = 0
            cpu = highest
        else:
            self._low = 0
        young = FRESH <= now - self._started < self._resolution
        self.previous = Sample(self._started, 0.0, usage.memory) if young else self.last
        self.last = Sample(now, cpu, usage.memory)

    def rate(self) -> Rate | None:
        """Usage between the last two samples; None before there are two."""
        if self.previous is None or self.last is None or self.last.time <= self.previous.time:
            return None
        window = self.last.time - self.previous.time
        cores = (self.last.cpu - self.previous.cpu) / window
        return Rate(self.last.time, window, cores, self.last.memory)
