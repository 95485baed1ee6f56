"""Deletes old Events: those of more than an hour, and the oldest when there are very many.

Source: kube-apiserver `--event-ttl`, one hour by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.controllers.pods import seconds_of
from shared.embedded.kinds import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shared.embedded.api.operations import Api
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

TIME_TO_LIVE: Final = 3600.0  # seconds
MOST: Final = 10_000
PERIOD: Final = 60.0  # seconds between two looks


def last_seen(event: Obj) -> float:
    """When the Event was last written, as far as it says; seconds since the epoch."""
    series = event.get("series") or {}
    times = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        event["metadata"].get("creationTimestamp"),
    )
    return max(map(seconds_of, times))


def outdated(events: Iterable[Obj], now: float) -> Sequence[Obj]:
    """The Events to delete."""
    newest = sorted(events, key=last_seen, reverse=True)
    fresh = sum(last_seen(event) > now - TIME_TO_LIVE for event in newest)
    return newest[min(fresh, MOST) :]


class EventExpiry:
    """Deletes outdated Events from time to time."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def run(self) -> None:
        """For ever."""
        while True:
            self.sweep()
            await self._clock.sleep(PERIOD)

    def sweep(self) -> None:
        """Once."""
        for event in outdated(self._api.list(EVENT), self._clock.now()):
            metadata = event["metadata"]
            self._api.delete(EVENT, metadata["name"], metadata["namespace"])
