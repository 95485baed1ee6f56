"""The control loop: each tick observes once and decides for every service that is due.

One fetch of samples a tick serves all services, whatever their number. Services are due by their
own periods, from one tick up, and are spread over them. A service that fails is reported and the
others go on. Writes run beside the ticks, so a slow one holds up its own service only. A process
that does not lead decides nothing; its caches stay warm.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from scaler.control.actuator import Result
from scaler.control.evaluate import evaluate
from scaler.control.memory import Memory, interrupted, restore
from scaler.control.standing import Standing, obstacle
from scaler.control.watchdog import TICK
from scaler.decision import Action

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scaler.cluster.catalog import Catalog, Target
    from scaler.config.file import ConfigFile
    from scaler.config.scaling import Scaling
    from scaler.control.actuator import Actuator
    from scaler.control.evaluate import Evaluation, Inputs
    from scaler.control.inputs import Fetcher
    from scaler.control.watchdog import Watchdog
    from scaler.decision import Policy
    from scaler.report.reporter import Reporter
    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor
    from shared.service.model import Expose

PATIENCE: Final = 10.0
"""Seconds the cache gets to show what was written; a broken watch is repaired within them."""
BREATH: Final = 50
"""Services decided between two chances for other tasks, such as the lease's, to run."""


@dataclass(slots=True)
class Plan:
    """The settings of a service as long as its definition and the configuration stay the same."""

    key: tuple[str, int]
    """resourceVersion of the definition, generation of the configuration."""
    scaling: Scaling
    _policies: dict[int, Policy] = field(default_factory=dict)

    def policy(self, expose: Expose, now: float) -> Policy:
        """The policy at `now`; there are few different ones, so each is made once."""
        scheduled = self.scaling.least_replicas(now)
        policy = self._policies.get(scheduled)
        if policy is None:
            policy = self._policies[scheduled] = self.scaling.policy_for(expose, scheduled)
        return policy


class Loop:
    """Ticks for ever; `leads` answers whether this process decides, `author` who wrote replicas."""

    def __init__(
        self,
        *,
        catalog: Callable[[], Catalog],
        fetcher: Fetcher,
        actuator: Actuator,
        reporter: Reporter,
        config: ConfigFile,
        leads: Callable[[], bool],
        author: Callable[[str], Awaitable[str]],
        clock: Clock,
        tasks: Supervisor,
        watchdog: Watchdog,
    ) -> None:
        self._catalog = catalog
        self._fetcher = fetcher
        self._actuator = actuator
        self._reporter = reporter
        self._config = config
        self._leads = leads
        self._author = author
        self._clock = clock
        self._tasks = tasks
        self._watchdog = watchdog
        self._memories: dict[str, Memory] = {}
        self._plans: dict[str, Plan] = {}
        self._writing: set[str] = set()

    async def run(self) -> None:
        """Tick every TICK seconds; a tick that takes longer is followed by the next at once."""
        while True:
            began = self._clock.monotonic()
            await self.tick()
            took = self._clock.monotonic() - began
            self._reporter.ticked(took, TICK)
            self._watchdog.ticked()
            await self._clock.sleep(max(TICK - took, 0.0))

    async def tick(self) -> None:
        """Decide for every service that is due now."""
        self._watchdog.doing("looking for services that are due")
        self._config.refresh()
        if not self._leads():
            self._memories.clear()  # another leads and knows better; begin anew from the cluster
            self._plans.clear()
            self._reporter.keep(frozenset())
            return
        catalog = self._catalog()
        self._forget(catalog)
        due = [target for target in catalog.targets.values() if self._is_due(target)]
        if not due:
            return
        source = self._config.config.source
        self._fetcher.configure(source)
        self._watchdog.doing(f"waiting for samples from {source.kind}")
        inputs = await self._fetcher.fetch()
        self._watchdog.doing("deciding")
        for count, target in enumerate(due):
            if count % BREATH == BREATH - 1:
                await asyncio.sleep(0)
            try:
                self._handle(target, inputs, catalog)
            except Exception as error:  # one service's error is its own
                self._reporter.failed(target.name, error)

    def _forget(self, catalog: Catalog) -> None:
        for name, reason in catalog.broken.items():
            self._reporter.broken(name, reason)
        for name in self._memories.keys() - catalog.targets.keys():
            del self._memories[name]
            self._plans.pop(name, None)
        self._reporter.keep(catalog.targets.keys() | catalog.broken.keys())

    def _is_due(self, target: Target) -> bool:
        memory = self._memories.get(target.name)
        if memory is None:
            return True
        changed = memory.settings != self._settings(target)
        return changed or memory.due <= self._clock.monotonic() + TICK / 2

    def _handle(self, target: Target, inputs: Inputs, catalog: Catalog) -> None:
        if target.name in self._writing:
            return
        memory = self._remember(target)
        plan = self._plan(target)
        scaling = plan.scaling
        self._schedule(memory, target, scaling.policy.period_s)
        reason = self._aside(target, scaling, memory)
        if reason is not None:
            self._reporter.aside(target, *reason)
            return
        self._notice_foreign(target, memory)
        now = self._clock.now()
        policy = plan.policy(target.expose, now)
        result = evaluate(target, policy, memory.state, inputs, catalog.capacities, now)
        self._reporter.faults(result.faults.values())
        standing = Standing.DRY_RUN if scaling.dry_run else Standing.ACTIVE
        self._reporter.decided(target, result.decision, standing)
        if not result.decision.valid or result.decision.action is Action.NONE:
            learnt, memory.state = memory.state.learnt, result.state
            if result.state.learnt != learnt and not scaling.dry_run:
                note = self._actuator.note(target, result.decision, result.state)
                self._tasks.start(f"note {target.name}", note)
        elif scaling.dry_run:
            past = memory.state  # what is seen is remembered, but no step was taken
            memory.state = replace(result.state, ups=past.ups, downs=past.downs)
        else:
            self._writing.add(target.name)
            self._tasks.start(f"write {target.name}", self._write(target, memory, result))

    def _remember(self, target: Target) -> Memory:
        memory = self._memories.get(target.name)
        uid = target.deployment["metadata"]["uid"]
        if memory is None or memory.uid != uid:
            memory = Memory(restore(target.deployment, self._clock.now()), uid)
            self._memories[target.name] = memory
        return memory

    def _schedule(self, memory: Memory, target: Target, period: float) -> None:
        """The next decision is a period away; after the first, a share of it, to spread services.

        A service that fell behind is not made to catch up.
        """
        now = self._clock.monotonic()
        first = memory.due == float("-inf")
        share = zlib.crc32(target.name.encode()) / 2**32 if first else 1.0
        since = now if first or memory.due < now - period else memory.due
        memory.due = since + max(period * share, TICK)
        memory.settings = self._settings(target)

    def _settings(self, target: Target) -> tuple[str, int]:
        return target.version, self._config.generation

    def _plan(self, target: Target) -> Plan:
        key = self._settings(target)
        plan = self._plans.get(target.name)
        if plan is None or plan.key != key:
            scaling, problems = self._config.config.scaling_of(target.name, target.expose.scaling)
            if problems:
                self._reporter.problems(target, problems)
            plan = self._plans[target.name] = Plan(key, scaling)
        return plan

    def _aside(
        self, target: Target, scaling: Scaling, memory: Memory
    ) -> tuple[Standing, str] | None:
        """Why nothing is decided for a service now; None when something is."""
        reason = obstacle(target, scaling)
        if reason is not None:
            memory.expected = None
            memory.state = interrupted(memory.state)
            return reason
        same = memory.spent == target.deployment["metadata"]["resourceVersion"]
        if same and self._clock.monotonic() < memory.patience:
            return Standing.WAITING, "waiting for the cache to show the last write"
        return None

    def _notice_foreign(self, target: Target, memory: Memory) -> None:
        expected, memory.expected = memory.expected, target.replicas
        if expected is not None and expected != target.replicas:
            name = f"author {target.name}"
            self._tasks.start(name, self._tell_foreign(target, expected))

    async def _tell_foreign(self, target: Target, expected: int) -> None:
        by = await self._author(target.deployment["metadata"]["name"])
        self._reporter.foreign(target, expected, target.replicas, by)

    async def _write(self, target: Target, memory: Memory, result: Evaluation) -> None:
        try:
            outcome = await self._actuator.carry_out(target, result.decision, result.state)
            if outcome.result is Result.WRITTEN:
                memory.state = result.state
                memory.expected = result.decision.replicas
            elif outcome.result is Result.FAILED:
                memory.expected = None  # it may have been written after all
            if outcome.result in (Result.WRITTEN, Result.CONFLICT, Result.GONE):
                memory.spent = target.deployment["metadata"]["resourceVersion"]
                memory.patience = self._clock.monotonic() + PATIENCE
            self._reporter.written(target, result.decision, outcome)
        except Exception as error:  # one service's error is its own
            self._reporter.failed(target.name, error)
        finally:
            self._writing.discard(target.name)
