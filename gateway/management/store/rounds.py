"""Reconciles in all namespaces of services, one after another.

For the process, in place of a single `Reconciler`; what a reconcile does, that one knows.
"""

from __future__ import annotations

import logging
import random as _random
from typing import TYPE_CHECKING

from gateway.management.store.reconcile import JITTER
from shared.kube.errors import KubeError

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
        """All of them every `period` seconds, more or less, as long as `leading` is set."""
        while True:
            await leading.wait()
            await self.all(period)
            await self._clock.sleep(period * (1 - JITTER + 2 * JITTER * self._random()))

    async def all(self, period: float = 0.0) -> None:
        """A round in each namespace; one that fails does not keep it from the others."""
        try:
            places = await self._spaces.all()
        except KubeError as error:
            log.warning("reconcile: namespaces: %s; again in about %g s", error, period)
            return
        self._reconcilers = {
            place: self._reconcilers.get(place) or self._make(place) for place in places
        }
        for place, reconciler in self._reconcilers.items():
            try:
                await self._spaces.bind(place)
            except KubeError as error:
                log.warning(
                    "reconcile: rights in %s: %s; again in about %g s", place, error, period
                )
            await reconciler.attempt(period)
