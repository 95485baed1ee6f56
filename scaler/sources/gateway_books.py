"""What one gateway has said of its services, and what that is worth as time goes by. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from scaler.sources.growth import Growth
from scaler.sources.in_flight import AnswerHistory
from scaler.sources.loads import Load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaler.sources.in_flight import Count

FRESH_S: Final = 3.0
"""An answer of so many seconds ago is one of now, while the next is under way."""
LOST_S: Final = 300.0
"""Seconds of silence after which the last counts of a gateway are not taken any more: its requests
have ended, been cut, or gone to others by then. Nothing shrinks all the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway answers: counts by service, for how long its youngest worker has counted, and
    whether all of its workers are in it."""

    counts: Mapping[str, Count]
    up_s: float | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Service:
    """What is remembered of one service between two answers."""

    history: AnswerHistory
    growth: Growth


class GatewayBooks:
    """One gateway, known since it was found at monotonic `now`."""

    def __init__(self, now: float) -> None:
        self.found = now
        """When its address was last among those looked up."""
        self.heard: float | None = None
        """When it last answered."""
        self.problem = ""
        """Why the last question failed; empty when it was answered."""
        self.answer = Answer({})
        """The last one."""
        self._since = now
        self._services: dict[str, _Service] = {}
        self._loads: dict[str, Load] = {}

    def answered(self, answer: Answer, now: float) -> dict[str, Growth]:
        """Take in an answer; gives the growth of services that it has no more."""
        self.answer, counts = answer, answer.counts
        old, since = self._services, now if self.heard is None else self.heard
        self._services = {
            name: old.get(name) or _Service(AnswerHistory(), Growth(since)) for name in counts
        }
        self._loads = {name: self._load(name, count, now) for name, count in counts.items()}
        self.heard, self.problem = now, ""
        return {name: each.growth for name, each in old.items() if name not in counts}

    def grown(self) -> dict[str, Growth]:
        """The growth of all services."""
        return {name: each.growth for name, each in self._services.items()}

    def silence(self, now: float) -> float:
        """Seconds since it was last heard, or found if it never was."""
        return now - (self._since if self.heard is None else self.heard)

    def speaks(self, now: float) -> bool:
        """Whether what it said is what is."""
        return self.heard is not None and not self.problem and self.silence(now) <= FRESH_S

    def counts(self, now: float) -> bool:
        """Whether what it said is part of the sums."""
        return self.heard is not None and self.silence(now) <= LOST_S

    def loads(self, now: float) -> Mapping[str, Load]:
        """By service, as far as it can be believed."""
        if self.speaks(now):
            return self._loads
        if self.counts(now):
            return {name: replace(each, whole=False) for name, each in self._loads.items()}
        return {name: _lost(each) for name, each in self._loads.items()}

    def _load(self, name: str, count: Count, now: float) -> Load:
        service = self._services[name]
        service.growth.heard(count, now)
        tells = count.arrivals is not None
        return Load(
            service.history.mean(count, now),
            count.waiting,
            service.growth.arrivals if tells else None,
            service.growth.request_seconds if count.request_seconds is not None else None,
            count.longest,
            count.pods,
            count.whole,
        )


def _lost(load: Load) -> Load:
    """What only grows stays, for it is behind us; what was held is not known any more."""
    pods: dict[str, int] | None = None if load.pods is None else {}
    return replace(load, in_flight=0, waiting=0, pods=pods, whole=False)
