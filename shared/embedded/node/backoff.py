"""How long a container that ends waits before it is started again. Pure.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts: the
first restart is at once, then the delay doubles up to five minutes; ten minutes without an end
forget it.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.runtime.backoff import Backoff


@dataclass(frozen=True, slots=True)
class BackOff:
    """Delays in seconds. Kubernetes begins with 10; one second makes local work pleasant."""

    first: float = 1.0
    limit: float = 300.0
    forget: float = 600.0

    def next(self, restarts: int, ran: float) -> tuple[float, int]:
        """(seconds to wait now, the restarts to hand in next time).

        restarts: those not forgotten, 0 at first; ran: seconds the container has just run.
        """
        if ran >= self.forget:
            restarts = 0
        return Backoff(self.first, self.limit).delay(restarts), restarts + 1
