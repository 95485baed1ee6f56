"""Whether a pod's failures are its own, and for how long it is left out: passive outlier detection.

Asked by the balancer, and by whoever reads a pod's answer. Pure.

A connection that is not accepted is the pod's own fault, whatever the others do. An answer is not:
what all others answer as well is the application's (Envoy compares success rates for this, and
bounds the share that is out by `max_ejection_percent`; its pauses grow with each ejection and
shrink with each interval of health).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MEMORY: Final = 1 / 16
"""Weight of one answer in a pod's share of failures: some sixteen answers are remembered, of a new
pod those that there are."""
RARE: Final = 0.1
"""The best of the other pods fails less than this share of its requests, or the least row of
failures that would count tells nothing of a pod: it may well come by chance."""
RECOVERY: Final = 10.0
"""Seconds of health that take one doubling of the pause back (Envoy's `interval`)."""
_NEGLIGIBLE: Final = 0.01
_NOT_THE_PODS: Final = frozenset({501, 505, 506, 508, 510, 511})
"""About the request, or the path to somebody else. HAProxy's `observe layer7` leaves the first two
out as well; Envoy and Linkerd count every 5xx."""


def counts(status: int, *, retry_after: bool) -> bool:
    """Whether an answer of `status` speaks against the pod that gave it.

    A 503 that says when to come again (`retry_after`) is a pod that works and has enough to do: to
    leave it out would give its load to the others.
    """
    return status >= 500 and status not in _NOT_THE_PODS and not (status == 503 and retry_after)


def worse(trouble: float, answers: int) -> float:
    """A pod's share of failures after one more failed answer, its `answers`-th."""
    return trouble + (1.0 - trouble) * max(MEMORY, 1 / max(answers, 1))


def better(trouble: float) -> float:
    """A pod's share of failures after a good answer; 0 when hardly any is left."""
    rest = trouble * (1.0 - MEMORY)
    return rest if rest > _NEGLIGIBLE else 0.0


def stands_out(failures: int, least: int, others: Sequence[float]) -> bool:
    """Whether `failures` in a row, `least` or more, say something of a pod when the others that
    have answered fail shares `others` of their requests.

    The more the best of them fails, the longer the row must be: as unlikely for it as `least`
    failures are for one that fails `RARE`.
    """
    return min(others, default=0.0) ** failures <= RARE**least


def room(pods: int, share: float) -> int:
    """How many of `pods` may be left out at a time: a share of them, at least one, never all."""
    return min(max(int(pods * share + 0.01), 1), pods - 1)


def remaining(ejections: int, healthy: float) -> int:
    """What is left of the doublings of the pause after `healthy` seconds."""
    return max(0, ejections - int(healthy / RECOVERY))
