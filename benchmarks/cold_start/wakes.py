"""What one request to a sleeping service went through, and what many did. Pure."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEDIAN: Final = 0.100
P99: Final = 0.300
"""Seconds that gateway and scaler may add to the pod's own start."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Moments of one wake, unix seconds of one machine."""

    sent: float
    """The client sent its request."""
    written: float
    """A watch of the API server showed the replicas."""
    listening: float
    """The pod's server began to listen."""
    came: float
    """The request's first byte was at the pod."""
    answered: float
    """The client had the answer."""

    @property
    def write(self) -> float:
        """Request seen to replicas written."""
        return self.written - self.sent

    @property
    def start(self) -> float:
        """The pod's own: replicas written to listening."""
        return self.listening - self.written

    @property
    def route(self) -> float:
        """The pod listens to the request's first byte at it."""
        return self.came - self.listening

    @property
    def ours(self) -> float:
        """What gateway and scaler add."""
        return self.write + self.route

    @property
    def whole(self) -> float:
        """What the client waited."""
        return self.answered - self.sent


PHASES: Final = {
    "write": "request sent → replicas written",
    "start": "replicas written → the pod listens (its own start)",
    "route": "the pod listens → first byte of the request at it",
    "ours": "**gateway and scaler together** (first and third)",
    "whole": "request sent → answer, as the client waited",
}


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def holds(wakes: Sequence[Wake]) -> bool:
    """Whether what gateway and scaler add is within its bounds."""
    ours = [one.ours for one in wakes]
    return statistics.median(ours) <= MEDIAN and quantile(ours, 0.99) <= P99


def page(machine: str, wakes: Sequence[Wake]) -> str:
    """The result as Markdown."""
    verdict = "kept" if holds(wakes) else "**broken**"
    return "\n".join(
        (
            "# Cold starts",
            "",
            machine,
            "",
            f"{len(wakes)} requests, each to a service that slept without a pod.",
            "",
            "| phase | median ms | p99 ms | most ms |",
            "|---|--:|--:|--:|",
            *_rows(wakes),
            "",
            f"Gateway and scaler add at most {MEDIAN * 1e3:.0f} ms at the median and "
            f"{P99 * 1e3:.0f} ms at p99: {verdict}.",
            "",
        )
    )


def _rows(wakes: Sequence[Wake]) -> Iterator[str]:
    for name, words in PHASES.items():
        values = [getattr(one, name) for one in wakes]
        cells = (statistics.median(values), quantile(values, 0.99), max(values))
        yield f"| {words} | {' | '.join(f'{one * 1e3:.1f}' for one in cells)} |"
