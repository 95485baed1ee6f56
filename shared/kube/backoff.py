"""How long to wait after a failure: exponential with jitter, and what the server asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from shared.kube.errors import Forbidden, KubeError, NotFound, Unauthorized, Unreachable

FIRST: Final = 0.2
"""Seconds before the first repetition, at most."""
LONGEST: Final = 30.0
"""Seconds between repetitions, at most; also the pace of failures only an operator can mend."""
RECONNECT: Final = 3.0
"""Seconds between attempts to reach a server that does not answer at all, at most: an attempt costs
it nothing while it is away, and what was missed is stale until it succeeds."""
PATIENCE: Final = 120.0
"""Seconds of Retry-After we honour; a server asking for more is asked again after that."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """`failures` in a row so far."""

    failures: int = 0

    def after(self, error: KubeError) -> Backoff:
        """The state once `error` has happened too."""
        return replace(self, failures=self.failures + 1)

    def delay(self, error: KubeError, jitter: float) -> float:
        """Seconds to wait before the next attempt; `jitter` in [0, 1) spreads many clients.

        Credentials, rights and missing kinds do not mend themselves, so they get the slow pace.
        """
        if isinstance(error, Unauthorized | Forbidden | NotFound):
            ceiling = LONGEST
        else:
            longest = RECONNECT if isinstance(error, Unreachable) else LONGEST
            ceiling = min(longest, FIRST * 2 ** min(self.failures, 16))
        asked = min(error.retry_after or 0.0, PATIENCE)
        return asked + ceiling * (0.5 + jitter / 2)
