"""What is done for one service that is due: decide, and write in the background what was decided.

The loop calls it, once a tick and service at most. It knows nothing of other services, but that a
write of theirs may be under way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from scaler.cluster.starting import has_ready, took
from scaler.config.layers import layers
from scaler.control.annotation import restore
from scaler.control.evaluate import evaluate
from scaler.control.memory import Memory
from scaler.control.standing import Standing, leftover, obstacle
from scaler.control.use import why_awake
from scaler.control.writer import Writer
from scaler.decision import HPA, Decision, restored
from scaler.decision.zero import asleep, wake
from shared.service import names
from shared.service.noted import notes_of
from shared.service.progress import Phase
from shared.service.sleeping import asleep_since

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Set

    from scaler.cluster.catalog import Target
    from scaler.config.file import ConfigFile
    from scaler.config.scaling import Scaling
    from scaler.control.actuator import Actuator
    from scaler.control.context import Context
    from scaler.control.evaluate import Inputs
    from scaler.control.memory import Revision
    from scaler.control.starts import Starts
    from scaler.decision import Policy
    from scaler.sources.idleness import Idleness
    from shared.service.model import Expose
    from shared.service.objects import Obj


SLEEPS: Final = "it sleeps, and the scaler is asked to wake it"
DRY_SLEEP: Final = "it sleeps, and a dry run wakes nothing"
REST: Final = 300.0
"""Seconds between two looks at a service that sleeps, where nothing has changed."""
SCHEDULED_REST: Final = 10.0
"""The same of one that a schedule may wake."""


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
    """Remembers each service; `author` answers who else wrote the replicas of a Deployment, `look`
    who uses which service right now."""

    def __init__(
        self,
        context: Context,
        config: ConfigFile,
        actuator: Actuator,
        author: Callable[[Obj], Awaitable[str]],
        starts: Starts,
        look: Callable[[], Awaitable[Idleness]],
    ) -> None:
        self._clock = context.clock
        self._tasks = context.tasks
        self._listener = context.listener
        self._config = config
        self._author = author
        self._starts = starts
        self._writer = Writer(context, actuator, starts, look, self._ended)
        self._memories: dict[str, Memory] = {}
        self._plans: dict[str, Plan] = {}
        self._asleep: set[str] = set()
        self._asked: dict[str, str] = {}
        """Who asked for a service while a write of it was under way."""

    def is_due(self, target: Target) -> bool:
        """Whether `target` is to be reconciled now."""
        memory = self._memories.get(target.name)
        if memory is None:
            return True
        version = target.deployment["metadata"]["resourceVersion"]
        return memory.is_due(self._revision(target), version, self._clock.monotonic())

    @property
    def asleep(self) -> Set[str]:
        """The services that were last found asleep: only a request makes them due."""
        return self._asleep

    def retain(self, names: Set[str]) -> None:
        """Forget every service that is not among `names`."""
        for known in (self._memories, self._plans, self._asked):
            for name in known.keys() - names:
                del known[name]
        self._asleep &= names
        self._starts.retain(names)

    def reconcile(self, target: Target, inputs: Inputs, capacities: Mapping[str, int]) -> None:
        """Decide for `target`, and begin to write what was decided."""
        if self._writer.busy(target.name):
            return
        plan = self._plan(target)
        general = plan.scaling.policy
        memory = self._remember(target, general.name)
        renewed = memory.revision != plan.revision
        memory.schedule(target.name, general.period_s, plan.revision, self._clock.monotonic())
        if note := leftover(target):
            self._listener.leftover(target, note)
        reason = self._reason_to_wait(target, plan.scaling, memory)
        if reason is not None:
            self._listener.left_alone(target, *reason)
            self._tell_rest(target, memory, *reason)
            return
        now = self._clock.now()
        if asleep_since(target.deployment):
            if renewed:
                memory.rested_on = ""  # other settings have other words for those who wait
            self._rest(target, memory, plan, inputs, now)
            return
        self._asleep.discard(target.name)
        memory.rested_on = ""
        policy = plan.policy(target.expose, now)
        self._notice_external_change(target, memory, policy, now)
        zero, scheduled = plan.scaling.zero, plan.scaling.least_replicas(now)
        result = evaluate(
            target,
            policy,
            memory.state,
            inputs,
            capacities,
            now,
            zero,
            scheduled,
            known=memory.judged,
        )
        memory.judged = result.judged
        memory.saw(result.observation.load)
        if zero is not None and not memory.usual_s:
            memory.usual_s = took(target.pods)
        if result.faults:
            self._listener.faults(result.faults.values())
        standing = Standing.DRY_RUN if plan.scaling.dry_run else Standing.ACTIVE
        self._listener.decided(target, result.decision, standing, result.awake)
        self._writer.carry_out(target, memory, result, plan.scaling.dry_run)
        self._tell_start(target, memory)
        if not plan.scaling.dry_run:
            self._writer.tidy(target)

    def wake(self, target: Target, cause: str) -> None:
        """Begin to wake `target` if it sleeps; `cause` says in words who asks.

        Nothing is waited for: neither the tick, nor the sources, nor the cache.
        """
        plan = self._plan(target)
        memory = self._remember(target, plan.scaling.policy.name)
        memory.wakes += 1
        if self._writer.busy(target.name):
            self._asked[target.name] = cause
            return
        if not memory.sleeps(target, self._clock.monotonic()):
            return
        if reason := obstacle(target, plan.scaling):
            self._listener.left_alone(target, *reason)
            self._tell_rest(target, memory, *reason)
            return
        policy = plan.policy(target.expose, self._clock.now())
        decision = wake(_at_none(target, policy), policy, plan.scaling.zero, cause)
        standing = Standing.DRY_RUN if plan.scaling.dry_run else Standing.ACTIVE
        self._listener.decided(target, decision, standing, "")
        if plan.scaling.dry_run:
            self._starts.rests(target, memory, Phase.DISABLED, DRY_SLEEP)
            return
        self._asleep.discard(target.name)
        memory.roused(self._clock.monotonic())
        self._starts.begin(target, memory, cause)
        state = memory.state or restored(policy.name, {})
        self._writer.wake(target, memory, decision, state)

    def look(self, target: Target) -> None:
        """See how far the start of `target` is."""
        memory = self._memories.get(target.name)
        if memory is not None and not self._writer.busy(target.name) and target.replicas:
            self._starts.look(target, memory)

    def _ended(self, target: Target) -> None:
        """A write of `target` has ended; who asked for it meanwhile is heard now."""
        cause = self._asked.pop(target.name, None)
        if cause is not None:
            self.wake(target, cause)

    def _rest(self, target: Target, memory: Memory, plan: Plan, inputs: Inputs, now: float) -> None:
        """Wake a service that sleeps, or leave it alone until something changes."""
        scheduled = plan.scaling.least_replicas(now)
        if cause := why_awake(target, plan.scaling.zero, scheduled, inputs.loads):
            self.wake(target, cause)
            return
        version, known = target.deployment["metadata"]["resourceVersion"], memory.rested_on
        pause = SCHEDULED_REST if plan.scaling.schedules else REST
        memory.rests(version, self._clock.monotonic() + pause)
        if known == version:
            return
        self._asleep.add(target.name)
        blank = _at_none(target, plan.policy(target.expose, now))
        self._listener.decided(target, asleep(blank), Standing.ASLEEP, "")
        if plan.scaling.dry_run:
            self._starts.rests(target, memory, Phase.DISABLED, DRY_SLEEP)
        else:
            self._starts.rests(target, memory, Phase.ASLEEP, SLEEPS)

    def _tell_start(self, target: Target, memory: Memory) -> None:
        """Who waits for a first pod hears of it, and of how it came."""
        if not target.replicas:
            self._starts.rests(target, memory, Phase.DISABLED, "it is at 0 replicas")
        elif target.name in self._starts.names or not has_ready(target.pods):
            self._starts.look(target, memory)

    def _tell_rest(self, target: Target, memory: Memory, standing: Standing, note: str) -> None:
        """Who waits hears why nothing is decided for the service."""
        if standing is Standing.WAITING:
            return  # for a moment: the cache may show a sleep that is over
        if standing is Standing.STOPPED:
            self._starts.rests(target, memory, Phase.STOPPED, note)
        elif asleep_since(target.deployment):
            memory.rested_on = ""
            self._starts.rests(target, memory, Phase.DISABLED, f"it sleeps, and {note}")
        else:
            self._tell_start(target, memory)

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
            settings = layers(self._config.config, target.name, target.expose, scaling)
            self._listener.configured(target, settings)
        return plan

    def _remember(self, target: Target, policy: str) -> Memory:
        memory = self._memories.get(target.name)
        uid = target.deployment["metadata"]["uid"]
        if memory is None or memory.uid != uid:
            state = restore(target.deployment, policy, self._clock.now())
            memory = Memory(uid, state, stored=state.learnt if state else ())
            memory.noted = noted = notes_of(target.deployment)
            memory.longest_s, memory.usual_s = noted.longest_s, noted.usual_s
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


def _at_none(target: Target, policy: Policy) -> Decision:
    """What is decided of a service without replicas, before any rule."""
    return Decision(target.name, policy.name, 0, 0, True, target_pct=policy.target_pct)
