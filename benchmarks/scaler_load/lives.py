"""What a watched service was over time: pods by their lives, sizes by their changes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Life:
    """A pod from when it was first seen until it was gone (None: not yet), seconds."""

    begin: float
    ready: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """From `time` on: replicas asked for, pods that exist, and those of them that are ready."""

    time: float
    wanted: int
    pods: int
    ready: int


@dataclass(frozen=True, slots=True)
class Said:
    """From `time` on the scaler said this."""

    time: float
    text: str


@dataclass(slots=True)
class Lives:
    """All that was seen; times are seconds from the beginning of the load."""

    pods: dict[str, Life] = field(default_factory=dict)
    sizes: list[Size] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def see(self, now: float, wanted: int, pods: Mapping[str, bool]) -> None:
        """Take in the pods that exist at `now`: by name, whether each is ready."""
        for name, ready in pods.items():
            life = self.pods.setdefault(name, Life(now))
            if ready and life.ready is None:
                life.ready = now
        for name, life in self.pods.items():
            if name not in pods and life.end is None:
                life.end = now
        size = Size(now, wanted, len(pods), sum(pods.values()))
        if not self.sizes or _numbers(self.sizes[-1]) != _numbers(size):
            self.sizes.append(size)

    def hear(self, now: float, text: str) -> None:
        """Take in what the scaler says at `now`."""
        if not self.said or self.said[-1].text != text:
            self.said.append(Said(now, text))

    def pod_seconds(self, begin: float, end: float) -> float:
        """Seconds for which pods existed between two instants, those that start or end included."""
        ends = ((one.begin, end if one.end is None else one.end) for one in self.pods.values())
        return sum(max(0.0, min(until, end) - max(since, begin)) for since, until in ends)

    def at(self, time: float) -> Size:
        """The size at an instant."""
        before = [size for size in self.sizes if size.time <= time]
        return before[-1] if before else self.sizes[0]

    def changes(self) -> list[tuple[float, int]]:
        """When the number asked for changed, and by how much."""
        pairs = pairwise(self.sizes)
        return [
            (other.time, other.wanted - one.wanted)
            for one, other in pairs
            if other.wanted != one.wanted
        ]

    def first_change(self, after: float, *, up: bool) -> float | None:
        """Seconds from `after` until the number asked for rose, or fell."""
        found = (time - after for time, by in self.changes() if time >= after and (by > 0) is up)
        return next(found, None)

    def reversals(self, begin: float, end: float) -> int:
        """How often the number asked for went the other way than before."""
        ways = [by > 0 for time, by in self.changes() if begin <= time <= end]
        return sum(one != other for one, other in pairwise(ways))


def _numbers(size: Size) -> tuple[int, int, int]:
    return size.wanted, size.pods, size.ready
