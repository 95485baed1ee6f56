"""How long to wait after a failed call: exponential with jitter, and what the server asks. Pure."""

from __future__ import annotations

from typing import Final

from shared.kube.errors import Forbidden, KubeError, NotFound, Unauthorized, Unreachable
from shared.runtime.backoff import Backoff

FAILING: Final = Backoff(first=0.2, longest=30.0, jitter=0.5)
AWAY: Final = Backoff(first=0.2, longest=3.0, jitter=0.5)
"""For a server that does not answer at all: an attempt costs it nothing while it is away, and what
was missed is stale until it succeeds."""
HOPELESS: Final = Backoff(first=30.0, longest=30.0, jitter=0.5)
"""For failures that only an operator can mend: credentials, rights and missing kinds."""
PATIENCE: Final = 120.0
"""Seconds of Retry-After we honour; a server asking for more is asked again after that."""


def delay(error: KubeError, failures: int, chance: float) -> float:
    """Seconds to wait after `error`, which is number `failures` in a row.

    `chance`, in [0, 1), spreads many clients.
    """
    asked = min(error.retry_after or 0.0, PATIENCE)
    return asked + _backoff(error).delay(failures, chance)


def _backoff(error: KubeError) -> Backoff:
    match error:
        case Unauthorized() | Forbidden() | NotFound():
            return HOPELESS
        case Unreachable():
            return AWAY
    return FAILING
