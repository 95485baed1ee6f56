"""The probes of one running container: startup first, then readiness and liveness side by side.

Run by the container; how one attempt is made is in `probe`, when its outcome counts in `probing`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.embedded.node.probe import ProbeError
from shared.embedded.node.probing import Schedule, Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

EAGER_FIRST = 0.1  # seconds between two tries while a container is not ready yet
EAGER_GROWTH = 1.5
EAGER_LAST = 1.0


@dataclass(frozen=True, slots=True)
class Reports:
    """What the prober tells: each is called when its answer changes (`failed`: every time)."""

    started: Callable[[], None]
    ready: Callable[[bool], None]
    dead: Callable[[str], None]
    failed: Callable[[str, str], None]


class Prober:
    """Runs the probes that `container` states until it is cancelled."""

    def __init__(
        self,
        container: Obj,
        attempt: Callable[[Obj], Awaitable[None]],
        reports: Reports,
        clock: Clock,
    ) -> None:
        self._container = container
        self._attempt = attempt
        self._reports = reports
        self._clock = clock
        self._born = clock.monotonic()
        self.alive = True  # set to False when the pod terminates: only readiness goes on

    async def run(self) -> None:
        """Kubernetes' order: nothing else runs before the startup probe has passed."""
        if "startupProbe" in self._container and not await self._start():
            return
        self._reports.started()
        if "readinessProbe" not in self._container:
            self._reports.ready(True)
        async with asyncio.TaskGroup() as probes:
            if "readinessProbe" in self._container:
                probes.create_task(self._readiness(), name="probe/readiness")
            if "livenessProbe" in self._container:
                probes.create_task(self._liveness(), name="probe/liveness")

    async def _start(self) -> bool:
        passed = await self._watch("Startup", lambda _: False)
        if not passed:
            self._reports.dead("startup")
        return passed

    async def _readiness(self) -> None:
        def keep(passed: bool) -> bool:
            self._reports.ready(passed)
            return True

        await self._watch("Readiness", keep)

    async def _liveness(self) -> None:
        passed = await self._watch("Liveness", lambda passed: passed)
        if not passed and self.alive:
            self._reports.dead("liveness")

    async def _watch(self, name: str, keep: Callable[[bool], bool]) -> bool:
        """Probe in turn; at each change of the verdict ask `keep` whether to go on."""
        probe = self._container[f"{name.lower()}Probe"]
        schedule = Schedule.of(probe)
        verdict = Verdict()
        due = self._born + schedule.initial_delay
        if name != "Liveness":  # the first attempt that counts is a period later
            due = await self._hasten(probe, due, due + schedule.period)
        while True:
            await self._sleep_until(due)
            last, before = max(due, self._clock.monotonic()), verdict.passed
            verdict = verdict.after(await self._passes(name, probe), schedule)
            known, changed = verdict.passed, verdict.passed is not before
            if known is not None and changed and not keep(known):
                return known
            due = last + schedule.period
            if name != "Liveness" and not verdict.passed:
                due = await self._hasten(probe, last + EAGER_FIRST, due)

    async def _hasten(self, probe: Obj, begin: float, end: float) -> float:
        """Try more often between two attempts that count; when to make the next of these.

        Kubernetes does so as well while a container is not ready ("to make the Pod ready faster").
        """
        due, pause = begin, EAGER_FIRST
        while due < end:
            await self._sleep_until(due)
            try:
                await self._attempt(probe)
            except ProbeError:
                due = self._clock.monotonic() + pause
                pause = min(pause * EAGER_GROWTH, EAGER_LAST)
            else:
                return self._clock.monotonic()
        return end

    async def _sleep_until(self, due: float) -> None:
        await self._clock.sleep(max(0.0, due - self._clock.monotonic()))

    async def _passes(self, name: str, probe: Obj) -> bool:
        try:
            await self._attempt(probe)
        except ProbeError as error:
            self._reports.failed(name, str(error))
            return False
        return True
