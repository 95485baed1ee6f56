"""What is done for one service that is due: decide, and write in the background what was decided.

The loop calls it, once a tick and service at most. It knows nothing of other services, but that a
write of theirs may be under way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaler.control.actuator import Result
from scaler.control.annotation import restore
from scaler.control.evaluate import evaluate
from scaler.control.memory import Memory
from scaler.control.standing import Standing, leftover, obstacle
from scaler.decision import HPA
from shared.service import names
from shared.service.noted import longest_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Set

    from scaler.cluster.catalog import Target
    from scaler.config.file import ConfigFile
    from scaler.config.scaling import Scaling
    from scaler.control.actuator import Actuator
    from scaler.control.context import Context
    from scaler.control.evaluate import Evaluation, Inputs
    from scaler.control.memory import Revision
    from scaler.decision import Policy
    from shared.service.model import Expose
    from shared.service.objects import Obj


@dataclass(slots=True)
class Plan:
    """How a service is scaled as long as its definition and the configuration stay the same."""

    revision: Revision
    scaling: Scaling
    _policies: dict[int, Policy] = field(default_factory=dict)

    def policy(self, expose: Expose, now: float) -> Policy:
        """The policy at `now`; there are few different ones, so each is made once."""
        scheduled = self.scaling.least_replicas(now)
        policy = self._policies.get(scheduled)
        if policy is None:
            policy = self._policies[scheduled] = self.scaling.policy_for(expose, scheduled)
        return policy


class Reconciler:
    """Remembers each service; `author` answers who else wrote the replicas of a Deployment."""

    def __init__(
        self,
        context: Context,
        config: ConfigFile,
        actuator: Actuator,
        author: Callable[[Obj], Awaitable[str]],
    ) -> None:
        self._clock = context.clock
        self._tasks = context.tasks
        self._listener = context.listener
        self._config = config
        self._actuator = actuator
        self._author = author
        self._memories: dict[str, Memory] = {}
        self._plans: dict[str, Plan] = {}
        self._writing: set[str] = set()

    def is_due(self, target: Target) -> bool:
        """Whether `target` is to be reconciled now."""
        memory = self._memories.get(target.name)
        return memory is None or memory.is_due(self._revision(target), self._clock.monotonic())

    def retain(self, names: Set[str]) -> None:
        """Forget every service that is not among `names`."""
        for known in (self._memories, self._plans):
            for name in known.keys() - names:
                del known[name]

    def reconcile(self, target: Target, inputs: Inputs, capacities: Mapping[str, int]) -> None:
        """Decide for `target`, and begin to write what was decided."""
        if target.name in self._writing:
            return
        plan = self._plan(target)
        general = plan.scaling.policy
        memory = self._remember(target, general.name)
        memory.schedule(target.name, general.period_s, plan.revision, self._clock.monotonic())
        if note := leftover(target):
            self._listener.leftover(target, note)
        reason = self._reason_to_wait(target, plan.scaling, memory)
        if reason is not None:
            self._listener.left_alone(target, *reason)
            return
        now = self._clock.now()
        policy = plan.policy(target.expose, now)
        self._notice_external_change(target, memory, policy, now)
        result = evaluate(target, policy, memory.state, inputs, capacities, now)
        memory.saw(result.observation.load)
        self._listener.faults(result.faults.values())
        standing = Standing.DRY_RUN if plan.scaling.dry_run else Standing.ACTIVE
        self._listener.decided(target, result.decision, standing)
        self._carry_out(target, memory, result, plan.scaling.dry_run)

    def _revision(self, target: Target) -> Revision:
        return target.version, self._config.generation

    def _plan(self, target: Target) -> Plan:
        revision = self._revision(target)
        plan = self._plans.get(target.name)
        if plan is None or plan.revision != revision:
            scaling, problems = self._config.config.scaling_of(target.name, target.expose.scaling)
            if problems:
                self._listener.problems(target, problems)
            plan = self._plans[target.name] = Plan(revision, scaling)
        return plan

    def _remember(self, target: Target, policy: str) -> Memory:
        memory = self._memories.get(target.name)
        uid = target.deployment["metadata"]["uid"]
        if memory is None or memory.uid != uid:
            state = restore(target.deployment, policy, self._clock.now())
            memory = Memory(uid, state, stored=state.learnt if state else ())
            memory.longest_s = memory.longest_stored_s = longest_request(target.deployment)
            self._memories[target.name] = memory
        return memory

    def _reason_to_wait(
        self, target: Target, scaling: Scaling, memory: Memory
    ) -> tuple[Standing, str] | None:
        """Why nothing is decided for a service now; None when something is."""
        reason = obstacle(target, scaling)
        if reason is not None:
            memory.interrupt()
            return reason
        version = target.deployment["metadata"]["resourceVersion"]
        if memory.waits_for_cache(version, self._clock.monotonic()):
            return Standing.WAITING, "waiting for the cache to show the last write"
        return None

    def _notice_external_change(
        self, target: Target, memory: Memory, policy: Policy, now: float
    ) -> None:
        """A larger size is held from this decision on, until it is known who has set it."""
        expected = memory.unexpected(target.replicas)
        if expected is None:
            return
        until = None
        if target.replicas > expected and memory.state and policy.name != HPA and policy.hold_s:
            memory.state = memory.state.held(target.replicas, now)
            until = now + policy.hold_s
        told = self._tell_external_change(target, memory, expected, until)
        self._tasks.start(f"author {target.name}", told)

    async def _tell_external_change(
        self, target: Target, memory: Memory, expected: int, until: float | None
    ) -> None:
        by = await self._author(target.deployment)
        if by != names.SERVICES_API:
            self._listener.external_change(target, expected, target.replicas, by, until)
        elif until and memory.state:  # a start, which somebody asked for: no size to be held
            memory.state = memory.state.held(0, self._clock.now())

    def _carry_out(self, target: Target, memory: Memory, result: Evaluation, dry_run: bool) -> None:
        before, after = memory.state, result.state
        if result.decision.changes and not dry_run:
            self._writing.add(target.name)
            self._tasks.start(f"write {target.name}", self._write(target, memory, result))
        elif result.decision.changes:
            memory.state = after.not_written(before)
        else:
            memory.state = after
            if (after.learnt != memory.stored or memory.saw_longer) and not dry_run:
                memory.stored, memory.longest_stored_s = after.learnt, memory.longest_s
                note = self._actuator.note(target, result.decision, after, memory.longest_s)
                self._tasks.start(f"note {target.name}", note)

    async def _write(self, target: Target, memory: Memory, result: Evaluation) -> None:
        try:
            in_flight = {pod.name: pod.in_flight for pod in result.observation.pods}
            outcome = await self._actuator.carry_out(
                target, result.decision, result.state, in_flight, memory.longest_s
            )
            if outcome.result is Result.WRITTEN:
                memory.state = result.state
                memory.stored, memory.longest_stored_s = result.state.learnt, memory.longest_s
                memory.expected = result.decision.replicas
            elif outcome.result is Result.FAILED:
                memory.expected = None  # it may have been written after all
            if outcome.result in (Result.WRITTEN, Result.CONFLICT, Result.GONE):
                version = target.deployment["metadata"]["resourceVersion"]
                memory.wait_for_cache(version, self._clock.monotonic())
            self._listener.written(target, result.decision, outcome)
        except Exception as error:  # one service's error is its own
            self._listener.failed(target.name, error)
        finally:
            self._writing.discard(target.name)
