"""Whether a pod's failures are its own, and for how long it is left out: passive outlier detection.

Asked by the balancer, and by whoever reads a pod's answer. Pure.

A connection that is not accepted is the pod's own fault, whatever the others do. An answer is not:
what the other pods answer as well is the application's (Envoy compares success rates for this, and
bounds the share that is out by `max_ejection_percent`; its pauses grow with each ejection and
shrink with each interval of health).
"""

from __future__ import annotations

from typing import Final

MEMORY: Final = 1 / 16
"""Weight of one answer in a pod's share of failures: some sixteen answers are remembered."""
CHANCE: Final = 1e-6
"""A row of failures that the other pods' share of failures makes likelier than this tells nothing
of the pod."""
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


def worse(trouble: float) -> float:
    """A pod's share of failures after one more failed answer."""
    return trouble + (1.0 - trouble) * MEMORY


def better(trouble: float) -> float:
    """A pod's share of failures after a good answer; 0 when hardly any is left."""
    rest = trouble * (1.0 - MEMORY)
    return rest if rest > _NEGLIGIBLE else 0.0


def stands_out(failures: int, others: float) -> bool:
    """Whether `failures` in a row say something of a pod when the others fail a share `others` of
    their requests."""
    return others**failures <= CHANCE


def room(pods: int, share: float) -> int:
    """How many of `pods` may be left out at a time: a share of them, at least one, never all."""
    return min(max(int(pods * share + 0.01), 1), pods - 1)


def remaining(ejections: int, healthy: float) -> int:
    """What is left of the doublings of the pause after `healthy` seconds."""
    return max(0, ejections - int(healthy / RECOVERY))
