"""The running state of a service, which survives changes of its definition.

Pods, slots, counts, and the budget of retries. The registry makes it; routes refer to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.services.admission import Admission
from gateway.services.balancer import Balancer
from gateway.services.retry import Budget
from shared.service.progress import OFF

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.limits import Limits
    from gateway.stats import ServiceStats
    from shared.service.progress import Progress


LOOKING: Final = 20.0
"""Seconds for which a browser that was shown that its service starts is taken to look again: its
page does so every 15 s at the latest."""


class ServiceState:
    """Survives every swap of the route table, until the service is deleted.

    Requests still running after that keep their reference, so that books always balance.
    """

    __slots__ = (
        "admission", "balancer", "budget", "looked", "name", "panics", "progress", "since", "stats",
        "vacant",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        stats: ServiceStats,
        limits: Limits,
        random: Callable[[], float],
        since: float,
    ) -> None:
        self.name = name
        self.since = since
        """When its books were opened, monotonic seconds."""
        self.vacant = 0.0
        """When a request first found no pod that may be given one; 0 while there are some."""
        self.looked = 0.0
        """When a browser was last shown that the service starts; 0: never."""
        self.progress: Progress | None = None
        """How far the start is, as the scaler told it last."""
        self.panics = False
        """It is known to go on with pods that are not ready."""
        self.stats = stats
        self.balancer = Balancer(limits, random)
        self.admission = Admission(self.balancer, limits.queue)
        self.budget = Budget(limits.retry_ratio)

    @property
    def in_flight(self) -> int:
        """Requests that hold a slot of a pod."""
        return self.admission.in_flight

    @property
    def waiting(self) -> int:
        """Requests that wait for a slot."""
        return len(self.admission.waiting)

    def idle(self, now: float) -> float:
        """Seconds since the last request, stream or tunnel ended, or since the books were opened; 0
        while there is one.

        A browser that was shown the start comes back by itself: until it has, or had time to, it
        uses the service, which would else be asleep again each time that it looks.
        """
        if self.in_flight or self.waiting or self._is_looked_at(now):
            return 0.0
        return max(now - max(self.admission.ended, self.looked, self.since), 0.0)

    def _is_looked_at(self, now: float) -> bool:
        """Whether a browser will look again: it was shown the start, and nobody came through
        since."""
        return 0.0 < self.looked >= self.admission.ended and self.looked > now - LOOKING

    def lookers(self, now: float) -> int:
        """1 while a browser looks whether there is a pod: it waits as well, without a request."""
        return int(not self.balancer.candidates and self._is_looked_at(now))

    def vacant_for(self, now: float) -> float:
        """Seconds for which requests have found no ready pod, the first of them just now."""
        self.vacant = self.vacant or now
        return now - self.vacant

    @property
    def is_off(self) -> bool:
        """Whether the scaler says that no request brings it a pod, and there is none either."""
        told = self.progress is not None and self.progress.phase in OFF
        return told and all(pod.endpoint.terminating for pod in self.balancer.backends.values())

    def endpoints(self) -> dict[str, int]:
        """How many endpoints are in each state: `ready`, `new`, `ejected`, `leaving`, and `held`
        (not ready, and gone on with) if there are such."""
        counts = {"ready": 0, "new": 0, "ejected": 0, "leaving": 0}
        for backend in self.balancer.backends.values():
            if backend.leaving:
                counts["leaving"] += 1
            elif backend.held:
                counts["held"] = counts.get("held", 0) + 1
            elif backend.ejected_until:
                counts["ejected"] += 1
            else:
                counts["new" if backend.penalty > 1 else "ready"] += 1
        return counts

    def __repr__(self) -> str:
        return f"<ServiceState {self.name} {self.admission!r} {self.balancer!r}>"
