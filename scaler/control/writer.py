"""Carries out what was decided, one write of a service at a time, beside the ticks.

The reconciler hands decisions over, and is told when a write has ended: what came meanwhile is its
to look at again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scaler.control.actuator import Result
from scaler.control.use import still_idle
from scaler.decision.zero import SLEEP
from shared.service import names
from shared.service.objects import annotations_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from scaler.cluster.catalog import Target
    from scaler.control.actuator import Actuator, Outcome
    from scaler.control.context import Context
    from scaler.control.evaluate import Evaluation
    from scaler.control.memory import Memory
    from scaler.control.starts import Starts
    from scaler.decision import Decision, State
    from scaler.decision.zero import Zero
    from scaler.sources.idleness import Idleness


class Writer:
    """`look` asks the gateways who uses which service; `ended` hears of the end of each write."""

    def __init__(
        self,
        context: Context,
        actuator: Actuator,
        starts: Starts,
        look: Callable[[], Awaitable[Idleness]],
        ended: Callable[[Target], None],
    ) -> None:
        self._clock = context.clock
        self._tasks = context.tasks
        self._listener = context.listener
        self._actuator = actuator
        self._starts = starts
        self._look = look
        self._ended = ended
        self._writing: set[str] = set()

    def busy(self, name: str) -> bool:
        """Whether a write of this service is under way."""
        return name in self._writing

    def carry_out(self, target: Target, memory: Memory, result: Evaluation, dry_run: bool) -> None:
        """Begin to write what was decided, and what was learnt."""
        before, after = memory.state, result.state
        if result.decision.changes and not dry_run:
            self._begin(target, self._write(target, memory, result, memory.wakes))
        elif result.decision.changes:
            memory.state = after.not_written(before)
        else:
            memory.state = after
            if (after.learnt != memory.stored or memory.notable) and not dry_run:
                memory.stored, memory.noted = after.learnt, memory.notes
                note = self._actuator.note(target, result.decision, after, memory.notes)
                self._tasks.start(f"note {target.name}", note)

    def wake(self, target: Target, memory: Memory, decision: Decision, state: State) -> None:
        """Begin to write the size of waking."""
        self._begin(target, self._wake(target, memory, decision, state))

    def tidy(self, target: Target) -> None:
        """Take away the note of a sleep from a service that has replicas."""
        if names.ASLEEP_SINCE in annotations_of(target.deployment) and not self.busy(target.name):
            self._begin(target, self._actuator.unmark(target))

    def _begin(self, target: Target, work: Coroutine[Any, Any, None]) -> None:
        self._writing.add(target.name)
        self._tasks.start(f"write {target.name}", self._guarded(target, work))

    async def _guarded(self, target: Target, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # one service's error is its own
            self._listener.failed(target.name, error)
        finally:
            self._writing.discard(target.name)
        self._ended(target)

    async def _write(self, target: Target, memory: Memory, result: Evaluation, wakes: int) -> None:
        decision, state, seen = result.decision, result.state, result.observation
        if SLEEP in decision.reasons:
            unasked = partial(self._unasked, target, memory, wakes, result.zero)
            outcome = await self._actuator.sleep(target, decision, state, memory.notes, unasked)
        else:
            in_flight = {pod.name: seen.requests_with(pod.name) for pod in seen.pods}
            outcome = await self._actuator.carry_out(
                target, decision, state, in_flight, memory.notes
            )
        if outcome.result is Result.WRITTEN:
            memory.state, memory.stored = state, state.learnt
            memory.noted = memory.notes
        self._remember(target, memory, decision, outcome)
        self._listener.written(target, decision, outcome)

    async def _unasked(self, target: Target, memory: Memory, wakes: int, zero: Zero | None) -> bool:
        """Whether nobody has asked for it since the decision: by no wake, nor at a pod."""
        idleness = await self._look()
        return memory.wakes == wakes and still_idle(idleness, target.name, zero)

    async def _wake(self, target: Target, memory: Memory, decision: Decision, state: State) -> None:
        outcome = await self._actuator.wake(target, decision)
        self._remember(target, memory, decision, outcome)
        if outcome.result is Result.WRITTEN:
            memory.state = state
            self._starts.written(target)
        else:
            self._starts.trouble(target, memory, f"cannot be woken: {outcome.message}")
        self._listener.written(target, decision, outcome)
        if outcome.result is Result.WRITTEN:
            memory.stored, memory.noted = state.learnt, memory.notes
            await self._actuator.roused(target, decision, state, memory.notes)

    def _remember(
        self, target: Target, memory: Memory, decision: Decision, outcome: Outcome
    ) -> None:
        """What is to be found in the cluster after the write."""
        if outcome.result is Result.WRITTEN:
            memory.expected = decision.replicas
        elif outcome.result is Result.FAILED:
            memory.expected = None  # it may have been written after all
        if outcome.result in (Result.WRITTEN, Result.CONFLICT, Result.GONE):
            version = target.deployment["metadata"]["resourceVersion"]
            memory.wait_for_cache(version, self._clock.monotonic())
