"""The control loop: each tick observes once and decides for every service that is due.

One fetch of samples a tick serves all services, whatever their number. Services are due by their
own periods, from one tick up, and are spread over them. A service that fails is reported and the
others go on. Writes run beside the ticks, so a slow one holds up its own service only. A process
that does not lead decides nothing; its caches stay warm.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from scaler.control.reconciler import Reconciler
from scaler.control.timing import TICK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from scaler.cluster.catalog import Catalog, Target
    from scaler.config.file import ConfigFile
    from scaler.control.actuator import Actuator
    from scaler.control.context import ClusterView, Context
    from scaler.control.evaluate import Inputs
    from scaler.control.inputs import Fetcher
    from scaler.control.watchdog import Watchdog

YIELD_AFTER: Final = 50
"""Services decided between two chances for other tasks, such as the lease's, to run."""


class Loop:
    """Ticks for ever."""

    def __init__(
        self,
        context: Context,
        view: ClusterView,
        config: ConfigFile,
        fetcher: Fetcher,
        actuator: Actuator,
        watchdog: Watchdog,
    ) -> None:
        self._clock = context.clock
        self._listener = context.listener
        self._view = view
        self._config = config
        self._fetcher = fetcher
        self._watchdog = watchdog
        self._reconciler = Reconciler(context, config, actuator, view.author)

    async def run(self) -> None:
        """Tick every TICK seconds; a tick that takes longer is followed by the next at once."""
        try:
            while True:
                began = self._clock.monotonic()
                await self.tick()
                took = self._clock.monotonic() - began
                self._listener.ticked(took, TICK)
                self._watchdog.ticked()
                await self._clock.sleep(max(TICK - took, 0.0))
        finally:
            await self._fetcher.close()

    async def tick(self) -> None:
        """Decide for every service that is due now."""
        self._watchdog.doing("looking for services that are due")
        self._config.refresh()
        if not self._view.leads():
            self._retain(frozenset(), {})  # another leads and knows better; begin anew after it
            return
        catalog = self._view.catalog()
        self._retain(catalog.targets.keys(), catalog.broken)
        due = [each for each in catalog.targets.values() if self._reconciler.is_due(each)]
        if due:
            inputs = await self._fetch()
            await self._reconcile(due, inputs, catalog)

    def _retain(self, targets: Set[str], broken: Mapping[str, str]) -> None:
        for name, reason in broken.items():
            self._listener.broken(name, reason)
        self._reconciler.retain(targets)
        self._listener.retain(targets | broken.keys())

    async def _fetch(self) -> Inputs:
        source = self._config.config.source
        self._fetcher.configure(source)
        self._watchdog.doing(f"waiting for samples from {source.kind}")
        return await self._fetcher.fetch()

    async def _reconcile(self, due: Sequence[Target], inputs: Inputs, catalog: Catalog) -> None:
        self._watchdog.doing("deciding")
        for count, target in enumerate(due):
            if count % YIELD_AFTER == YIELD_AFTER - 1:
                await asyncio.sleep(0)
            try:
                self._reconciler.reconcile(target, inputs, catalog.capacities)
            except Exception as error:  # one service's error is its own
                self._listener.failed(target.name, error)
