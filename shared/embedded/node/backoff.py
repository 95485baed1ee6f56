"""How long a container that ends waits before it is started again. Pure.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts: the
first restart is at once, then the delay doubles up to five minutes; ten minutes without an end
forget it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackOff:
    """Delays in seconds. Kubernetes begins with 10; one second makes local work pleasant."""

    first: float = 1.0
    limit: float = 300.0
    forget: float = 600.0

    def next(self, delay: float, ran: float) -> tuple[float, float]:
        """(seconds to wait now, the delay to hand in next time).

        delay: what the last call gave, 0 at first; ran: seconds the container has just run.
        """
        if delay == 0 or ran >= self.forget:
            return 0.0, self.first
        return delay, min(delay * 2, self.limit)
