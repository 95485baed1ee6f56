"""The latest requests of a service that failed, and the slowest of late: a few of each, for people.

Only requests that did not go well come here, so that the others cost nothing. Nothing of a query or
a header is kept, for tokens stand there. Pure: times are arguments.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

KEPT: Final = 10
"""Failed ones, and as many slow ones."""
SLOW: Final = 1.0
"""Seconds to the first byte from which a request is slow."""
RECENT: Final = 900.0
"""Seconds for which the slowest are remembered."""
POD_FAILED: Final = "pod_5xx"
"""The reason of an answer by which the pod itself says that it failed."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One finished request. Durations in seconds."""

    at: float
    """When it ended, unix time."""
    method: str
    path: str
    """Without query, cut, and printable."""
    status: int
    reason: str
    """As in the access log."""
    source: str
    queue_s: float
    first_byte_s: float | None
    """From the head to the pod's head; None: none came."""
    duration_s: float
    pod: str
    address: str
    retries: int
    request_id: str


class Troubles:
    """Of one service."""

    __slots__ = ("_slow", "failed", "over")

    def __init__(self) -> None:
        self.failed: deque[Trouble] = deque(maxlen=KEPT)
        """The oldest first."""
        self._slow: list[Trouble] = []
        self.over = SLOW
        """Seconds to the first byte above which a request is one of the slowest; who counts
        compares with it."""

    def slow(self, trouble: Trouble) -> None:
        """Remember a request whose first byte took longer than `over`."""
        self._slow.append(trouble)
        self._keep()

    def forget(self, now: float) -> None:
        """Let go of what was slow more than RECENT seconds before unix `now`: it would keep out
        what is not as slow, though it is shown no more."""
        if self._slow:
            self._slow = [one for one in self._slow if one.at > now - RECENT]
            self._keep()

    def slowest(self, now: float) -> list[Trouble]:
        """The slowest of the last RECENT seconds before unix `now`, the slowest first."""
        self.forget(now)
        return list(self._slow)

    def _keep(self) -> None:
        self._slow.sort(key=_seconds, reverse=True)
        del self._slow[KEPT:]
        full = len(self._slow) == KEPT
        self.over = max(_seconds(self._slow[-1]), SLOW) if full else SLOW

    def snapshot(self, now: float) -> dict[str, list[Any]]:
        """Both, as they are told: the latest and the slowest first."""
        return {"failed": list(reversed(self.failed)), "slow": self.slowest(now)}


def joined(told: list[dict[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    """Those of several workers as JSON has them, as those of one gateway."""
    failed = [one for each in told for one in each["failed"]]
    slow = [one for each in told for one in each["slow"]]
    failed.sort(key=lambda one: -one["at"])
    slow.sort(key=lambda one: -(one["first_byte_s"] or 0.0))
    return {"failed": failed[:KEPT], "slow": slow[:KEPT]}


def _seconds(trouble: Trouble) -> float:
    return trouble.first_byte_s or 0.0
