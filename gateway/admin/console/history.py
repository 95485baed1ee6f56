"""The last quarter of an hour of each service: a point for each ten seconds, of the differences of
what is counted.

Bounded: 90 points of 12 numbers a service, as 32-bit floats, and what the next difference and the
last minute need. Pure: the caller takes a point each PERIOD.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan, nan
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gateway.admin.console.quantile import quantile
from gateway.stats import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from shared.service.sizing import Sizing

PERIOD: Final = 10.0
"""Seconds between two points."""
POINTS: Final = 90
MINUTE: Final = 6
"""Points of a minute."""
MARKS: Final = 3
"""Counts of failures kept, one for each third of the time."""
GRACE: Final = 3
"""Points for which a service may be missing, as workers are silent, before it is forgotten."""

FLOW: Final = ("requests", "errors", "p50_s", "p99_s")
"""What is drawn of every service."""
LEVELS: Final = (
    "in_flight", "waiting", "ready", "replicas", "wanted", "asked", "cpu_pct", "demand_m",
)  # fmt: skip
FIELDS: Final = FLOW + LEVELS
_WIDTH: Final = len(FIELDS)
_NONE: Final[Mapping[str, int]] = MappingProxyType({})
_BLANK: Final = array("Q", bytes(8 * (len(BOUNDS) + 1)))

Point = dict[str, Any]


@dataclass(slots=True)
class Track:
    """One service."""

    values: array[float] = field(default_factory=lambda: array("f"))
    """Points, the oldest first, each of FIELDS; NaN: not known."""
    requests: int = 0
    errors: int = 0
    """As counted at the last point."""
    answers: tuple[array[int], ...] = (_BLANK,)
    """Counts of first bytes at the points of the last minute."""
    marks: tuple[Mapping[str, int], ...] = (_NONE,)
    """Failures by reason, as counted a while ago."""
    missing: int = 0

    def series(self, *names: str) -> dict[str, list[Any]]:
        """The points of each name, the oldest first."""
        return {name: self._column(FIELDS.index(name)) for name in names}

    def _column(self, index: int) -> list[Any]:
        return [shown(value) for value in self.values[index::_WIDTH]]

    def last(self, name: str, points: int = 1) -> float:
        """The sum of the last points."""
        found = self.values[FIELDS.index(name) :: _WIDTH][-points:]
        return sum(value for value in found if not isnan(value))

    @property
    def quiet(self) -> bool:
        """Whether nobody asked in all that time."""
        return not any(self.values[0::_WIDTH])

    def minute(self, share: float) -> float | None:
        """A quantile of the first bytes of the last minute, in seconds."""
        return _quantile(share, self.answers[0], self.answers[-1])

    def recent(self, reason: str, count: int) -> int:
        """Failures since the oldest mark."""
        return max(count - self.marks[0].get(reason, 0), 0)


class History:
    """Of all services."""

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}
        self.ends = 0.0
        """When the last point was taken, unix seconds."""
        self.points = 0
        """How many were."""

    def add(self, name: str, numbers: Mapping[str, Any], sizing: Sizing | None) -> None:
        """One more point of a service, of what it has counted."""
        track = self.tracks.get(name)
        if track is None:
            track = self.tracks[name] = Track()
        track.missing = 0
        _add(track, numbers, sizing)
        if (self.points + 1) % (POINTS // MARKS) == 0:
            track.marks = (*track.marks, numbers.get("failures", _NONE))[-MARKS - 1 :]

    def close(self, services: Container[str], now: float) -> None:
        """The point of all `services` is taken, at unix `now`."""
        self.ends = now
        self.points += 1
        for name in [name for name in self.tracks if name not in services]:
            self._miss(name)

    def _miss(self, name: str) -> None:
        self.tracks[name].missing += 1
        if self.tracks[name].missing > GRACE:
            del self.tracks[name]

    def series(self) -> dict[str, dict[str, list[Any]]]:
        """FLOW of all that are not quiet."""
        return {name: track.series(*FLOW) for name, track in self.tracks.items() if not track.quiet}

    def point(self) -> dict[str, Point]:
        """FLOW of the last point, of all that had a request."""
        return {
            name: dict(zip(FLOW, map(shown, track.values[-_WIDTH:]), strict=False))
            for name, track in self.tracks.items()
            if track.values[-_WIDTH]
        }


def shown(value: float) -> Any:
    """A number as JSON has it: three digits are all that is drawn; None: not known."""
    if isnan(value):
        return None
    return int(value) if value == int(value) else float(f"{value:.3g}")


def count_requests(numbers: Mapping[str, Any]) -> tuple[int, int]:
    """Requests so far and those that failed on our side; who is told to wait has not failed."""
    requests = errors = 0
    for key, count in numbers.get("requests", {}).items():
        _, status, source = key.split(" ")
        requests += count
        if status.startswith("5") and source != "waiting":
            errors += count
    return requests, errors


def _add(track: Track, numbers: Mapping[str, Any], sizing: Sizing | None) -> None:
    requests, errors = count_requests(numbers)
    answers = array("Q", (numbers.get("first_byte") or {}).get("counts", _BLANK))
    before = track.answers[-1]
    answers = before if answers == before else answers  # the same object, where nothing came
    track.values.extend(
        (
            max(requests - track.requests, 0),
            max(errors - track.errors, 0),
            *(_known(_quantile(share, before, answers)) for share in (0.5, 0.99)),
            *_levels(numbers, sizing),
        )
    )
    del track.values[: -POINTS * _WIDTH]
    track.requests, track.errors = requests, errors
    track.answers = (*track.answers, answers)[-MINUTE - 1 :]


def _levels(numbers: Mapping[str, Any], sizing: Sizing | None) -> tuple[float, ...]:
    own = (numbers.get("in_flight", 0), numbers.get("waiting", 0), usable(numbers))
    if sizing is None:
        return (*own, *(nan,) * (len(LEVELS) - len(own)))
    told = (sizing.current, sizing.wanted, sizing.asked, sizing.cpu_pct, sizing.demand_m)
    return (*own, *map(_known, told))


def usable(numbers: Mapping[str, Any]) -> int:
    """Pods that get requests."""
    pods: Mapping[str, int] = numbers.get("endpoints", {})
    return pods.get("ready", 0) + pods.get("new", 0) + pods.get("held", 0)


def _known(value: float | None) -> float:
    return nan if value is None else value


def _quantile(share: float, before: Sequence[int], after: Sequence[int]) -> float | None:
    if before is after:
        return None
    return quantile(share, [max(new - old, 0) for old, new in zip(before, after, strict=True)])
