"""One start from 0 replicas to a ready pod, measured by its parts. Pure: times are arguments."""

from __future__ import annotations

from typing import Final

from shared.service.progress import Phase

PARTS: Final = ("write", "schedule", "start", "ready")
"""Until the replicas are written, a pod has a node, its container runs, and it is ready."""
_REACHED: Final = {
    Phase.SCHEDULING: 1,
    Phase.UNSCHEDULABLE: 1,
    Phase.PULLING: 2,
    Phase.STARTING: 3,
    Phase.READY: 4,
}
"""How many parts are behind a service in this phase; a crash leaves behind what was."""


class ColdStart:
    """Begun when the request was seen at `seen` (monotonic seconds)."""

    __slots__ = ("_ends", "seen")

    def __init__(self, seen: float) -> None:
        self.seen = seen
        self._ends: list[float] = []

    def reached(self, phase: Phase, now: float) -> None:
        """The service is in `phase` at `now`: what lies before it has ended by then."""
        while len(self._ends) < _REACHED.get(phase, 0):
            self._ends.append(now)

    @property
    def over(self) -> bool:
        """Whether a pod is ready."""
        return len(self._ends) == len(PARTS)

    @property
    def seconds(self) -> float:
        """From the request to the last end that is known."""
        return self._ends[-1] - self.seen if self._ends else 0.0

    def parts(self) -> dict[str, float]:
        """Seconds by part, of those that have ended."""
        ends = self._ends
        known = PARTS[: len(ends)]
        begins = (self.seen, *ends[:-1])
        return {part: ends[at] - begins[at] for at, part in enumerate(known)}
