"""Leader election over a coordination.k8s.io Lease."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.clock import Clock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.kube.client import KubeClient


class Election:
    """Start `run()` as a supervised task; ask `may_write(clock.monotonic())` before each write."""

    def __init__(
        self,
        kube: KubeClient,
        name: str,
        namespace: str,
        identity: str,
        clock: Clock | None = None,
        *,
        duration: int = 12,
        renew: float = 3.0,
        on_change: Callable[[bool], None] | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self.leading = False

    def may_write(self, now: float) -> bool:
        """Whether nobody else can hold the lease at monotonic time `now`."""
        raise NotImplementedError

    async def run(self) -> None:
        """Campaign, hold and renew for ever; cancellation releases the lease."""
        raise NotImplementedError
