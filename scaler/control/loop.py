"""The control loop: each tick observes once and decides for every service that is due.

One fetch of samples a tick serves all services, whatever their number. Services are due by their
own periods, from one tick up, and are spread over them. A service that fails is reported and the
others go on. Writes run beside the ticks, so a slow one holds up its own service only. A process
that does not lead decides nothing; its caches stay warm.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from scaler.control.reconciler import Reconciler
from scaler.control.starts import Starts
from scaler.control.timing import TICK
from scaler.control.use import ASKED
from scaler.sources.wake import CAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from scaler.cluster.catalog import Catalog, Target
    from scaler.config.file import ConfigFile
    from scaler.control.actuator import Actuator
    from scaler.control.context import ClusterView, Context
    from scaler.control.evaluate import Inputs
    from scaler.control.inputs import Fetcher
    from scaler.control.starts import Streams
    from scaler.control.watchdog import Watchdog

LOOK: Final = 0.05
"""Seconds between two looks at services that start, at least."""
LOOK_SHARE: Final = 0.1
"""Of the time, at most, that is spent on such looks."""
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
        streams: Streams,
    ) -> None:
        self._clock = context.clock
        self._tasks = context.tasks
        self._listener = context.listener
        self._view = view
        self._config = config
        self._fetcher = fetcher
        self._watchdog = watchdog
        self._streams = streams
        self._starts = Starts(context, streams)
        self._reconciler = Reconciler(
            context, config, actuator, view.author, self._starts, fetcher.idleness
        )
        self._catalog: Catalog | None = None
        """That of the last tick; None: another leads."""
        self._stirred = asyncio.Event()
        """Something has changed while a service is starting."""

    async def run(self) -> None:
        """Tick every TICK seconds; a tick that takes longer is followed by the next at once."""
        self._tasks.start("starts", self._follow_starts())
        try:
            while True:
                began = self._clock.monotonic()
                await self.tick()
                took = self._clock.monotonic() - began
                self._listener.ticked(took, TICK)
                self._watchdog.ticked()
                await self._clock.sleep(max(TICK - took, 0.0))
        finally:
            self._streams.keep(())
            await self._fetcher.close()

    async def tick(self) -> None:
        """Decide for every service that is due now."""
        self._watchdog.doing("looking for services that are due")
        self._config.refresh()
        if not self._view.leads():
            self._catalog = None
            self._streams.keep(())
            self._listener.streams(0)
            self._retain(frozenset(), {})  # another leads and knows better; begin anew after it
            return
        self._catalog = catalog = self._view.catalog()
        self._retain(catalog.targets.keys(), catalog.broken)
        due = [each for each in catalog.targets.values() if self._reconciler.is_due(each)]
        if due or self._reconciler.asleep:
            inputs = await self._fetch() if due else await self._fetch_loads()
            self._streams.keep(self._fetcher.gateways)
            self._listener.streams(self._streams.connected)
            self._wake_waiting(inputs, catalog)
            await self._reconcile(due, inputs, catalog)

    def woken(self, service: str, cause: str) -> None:
        """Somebody asks for a service that may sleep: it is woken now, whatever the tick does.

        Who asks does so again while he waits, so that nothing is kept for later.
        """
        catalog = self._catalog
        if catalog is None or not self._view.leads():
            return
        if target := catalog.targets.get(service):
            self._wake(target, cause)

    def changed(self) -> None:
        """An object of the cluster has changed."""
        if self._starts.names:
            self._stirred.set()

    def asked(self, service: str) -> None:
        """Somebody has just marked the Deployment of `service`, to have it awake.

        That is taken for new whatever time it states: clocks of machines differ.
        """
        target = self._view.catalog().targets.get(service) if self._view.leads() else None
        if target:
            self._wake(target, ASKED)

    def _wake(self, target: Target, cause: str) -> None:
        with self._guarding(target):
            self._reconciler.wake(target, cause)

    @contextmanager
    def _guarding(self, target: Target) -> Iterator[None]:
        """One service's error is its own."""
        try:
            yield
        except Exception as error:
            self._listener.failed(target.name, error)

    def _wake_waiting(self, inputs: Inputs, catalog: Catalog) -> None:
        """Services that sleep while requests wait, of which no stream has told."""
        if inputs.loads is None or not self._reconciler.asleep:
            return
        waiting = {name for name, load in inputs.loads.services.items() if load.waiting}
        for name in waiting & self._reconciler.asleep & catalog.targets.keys():
            self._wake(catalog.targets[name], CAUSES["request"])

    async def _follow_starts(self) -> None:
        """Look at services that start as soon as something changes, not at the next tick."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            began = self._clock.monotonic()
            if self._view.leads():
                targets = self._view.catalog().targets
                for target in [targets[name] for name in self._starts.names if name in targets]:
                    with self._guarding(target):
                        self._reconciler.look(target)
            took = self._clock.monotonic() - began
            await self._clock.sleep(max(LOOK, took / LOOK_SHARE))

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

    async def _fetch_loads(self) -> Inputs:
        """Where all others sleep, gateways alone are asked: who waits, and which there are."""
        self._fetcher.configure(self._config.config.source)
        self._watchdog.doing("waiting for gateways")
        return await self._fetcher.fetch_loads()

    async def _reconcile(self, due: Sequence[Target], inputs: Inputs, catalog: Catalog) -> None:
        self._watchdog.doing("deciding")
        for count, target in enumerate(due):
            if count % YIELD_AFTER == YIELD_AFTER - 1:
                await asyncio.sleep(0)
            try:
                self._reconciler.reconcile(target, inputs, catalog.capacities)
            except Exception as error:  # one service's error is its own
                self._listener.failed(target.name, error)
