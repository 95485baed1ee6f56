"""Reconciles in all namespaces of services, one after another.

For the process, in place of a single `Reconciler`; what a reconcile does, that one knows.
"""

from __future__ import annotations

import logging
import random as _random
from typing import TYPE_CHECKING

from gateway.management.store.reconcile import repeat
from shared.kube.errors import Forbidden, KubeError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from gateway.management.store.reconcile import Reconciler
    from gateway.management.store.spaces import Spaces
    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)


class Rounds:
    """Keeps the reconciler that `make` makes for each namespace as long as there is one."""

    def __init__(
        self,
        spaces: Spaces,
        make: Callable[[str], Reconciler],
        clock: Clock,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._spaces = spaces
        self._make = make
        self._clock = clock
        self._random = random
        self._reconcilers: dict[str, Reconciler] = {}

    async def run(self, period: float, leading: asyncio.Event) -> None:
        """See `repeat`."""
        await repeat(self.round, period, leading, self._clock, self._random)

    async def round(self, *, unled: bool = False) -> None:
        """A round in each namespace; where one fails, the others come first, and then the error."""
        places = await self._spaces.all()
        self._reconcilers = {
            place: self._reconcilers.get(place) or self._make(place) for place in places
        }
        failed: list[KubeError] = []
        for place, reconciler in self._reconcilers.items():
            try:
                await self._spaces.bind(place)
                await reconciler.round(unled=unled)
            except KubeError as error:
                log.info("reconcile of namespace %s: %s", place, error)
                if isinstance(error, Forbidden):
                    self._spaces.forget(place)
                failed.append(error)
        if failed:
            raise failed[0]
