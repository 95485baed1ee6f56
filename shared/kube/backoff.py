"""How long to wait after a failed call: exponential with jitter, and what the server asks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.kube.errors import KubeError, Unreachable
from shared.runtime.backoff import Backoff

ANSWERED: Final = Backoff(first=0.2, longest=30.0, jitter=0.5)
"""For a server that refuses or fails. Refusals too begin soon: an API server that has just started
refuses everybody until it has read its rules, and a token or a kind that is missing now may come a
moment later. Only what persists is slowed down."""
AWAY: Final = Backoff(first=0.2, longest=1.0, jitter=0.5)
"""For a server that does not answer at all: an attempt costs it nothing while it is away, and what
was missed is stale until it succeeds."""
PATIENCE: Final = 120.0
"""Seconds of Retry-After we honour; a server asking for more is asked again after that."""


def delay(error: KubeError, failures: int, chance: float) -> float:
    """Seconds to wait after `error`, which is number `failures` in a row.

    `chance`, in [0, 1), spreads many clients.
    """
    asked = min(error.retry_after or 0.0, PATIENCE)
    backoff = AWAY if isinstance(error, Unreachable) else ANSWERED
    return asked + backoff.delay(failures, chance)


@dataclass(slots=True)
class Failures:
    """Failures in a row of one kind: a server that answers again, if only to refuse, is not away.

    What happened while it was away must not make the first refusal after its start look like one
    that persists.
    """

    count: int = 0
    away: bool = False

    def delay(self, error: KubeError, chance: float) -> float:
        """Count `error`; seconds to wait."""
        away = isinstance(error, Unreachable)
        self.count = self.count + 1 if away == self.away else 1
        self.away = away
        return delay(error, self.count, chance)

    def clear(self) -> None:
        """It went well."""
        self.count = 0
