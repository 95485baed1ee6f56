"""Writes decisions to the cluster: to the `scale` of a Deployment, unless it has changed since.

Each write carries the resourceVersion of the Deployment the decision was made on. Answered 409, the
Deployment has moved on: nothing is written again until the cache shows what it moved to, and then
something new is decided. That the caller leads is checked right before each request.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final

from scaler.cluster.observe import DELETION_COST
from scaler.control.annotation import ANNOTATION, annotation, stamp
from scaler.control.deletion_cost import marks
from scaler.control.marking import Marking, granted, question
from scaler.decision import Action
from shared.kube.errors import Conflict, Forbidden, KubeError, NotFound, TooManyRequests
from shared.kube.lease import MARGIN
from shared.kube.resources import DEPLOYMENTS, OWN_ACCESS_REVIEWS, PODS
from shared.service import names
from shared.service.noted import NOTHING
from shared.service.sleeping import asleep_since

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from scaler.cluster.catalog import Target
    from scaler.decision import Decision, State
    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.runtime.clock import Clock
    from shared.service.noted import Notes
    from shared.service.objects import Obj

    Request = Callable[[], Awaitable[Obj]]

log = logging.getLogger(__name__)

TIMEOUT: Final = MARGIN
"""Seconds for one write: begun by a leader, it has ended before anybody else can lead."""
PARALLEL: Final = 8
"""Services written to at a time."""
WAKES: Final = 32
"""Services woken at a time; they do not wait for other writes."""
WAKE_TRIES: Final = 3
"""Writes of one wake, where each finds the Deployment changed."""
MAX_BACK_OFF: Final = 60.0
"""Seconds for which an API server may ask us to back off."""


class Result(StrEnum):
    """How a write ended; the names are those of the metric's label."""

    WRITTEN = "written"
    CONFLICT = "conflict"
    GONE = "gone"
    THROTTLED = "throttled"
    FAILED = "failed"
    NOT_LEADING = "not_leading"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a write; `message` is for the operator, when there is something to say.

    `unmarked`: the pods that should go first could not be marked, and others may have gone.
    """

    result: Result
    message: str = ""
    unmarked: bool = False


class Actuator:
    """Carries out decisions while `leads` answers that we may write; `timeout` is for one write."""

    def __init__(
        self, kube: KubeClient, leads: Callable[[], bool], clock: Clock, timeout: float = TIMEOUT
    ) -> None:
        self._kube = kube
        self._timeout = timeout
        self._leads = leads
        self._clock = clock
        self._slots = asyncio.Semaphore(PARALLEL)
        self._urgent = asyncio.Semaphore(WAKES)
        self._back_off_until = float("-inf")
        self._marking = Marking()

    @property
    def backs_off(self) -> bool:
        """Whether the API server has asked us to wait (429)."""
        return self._clock.monotonic() < self._back_off_until

    async def carry_out(
        self,
        target: Target,
        decision: Decision,
        state: State,
        in_flight: Mapping[str, int | None] | None = None,
        notes: Notes = NOTHING,
    ) -> Outcome:
        """Write the replicas of `decision`, and what successors should know of it.

        `in_flight` are the requests of each pod; None: not known.
        """
        async with self._slots:
            down = decision.action is Action.DOWN
            marked = not down or await self._mark(target, decision, in_flight or {})
            outcome, _ = await self._scale(target, decision, _version(target.deployment))
            if outcome.result is Result.WRITTEN:
                await self._annotate(target, decision, state, notes)
            return replace(outcome, unmarked=not marked)

    async def sleep(
        self,
        target: Target,
        decision: Decision,
        state: State,
        notes: Notes,
        unasked: Callable[[], Awaitable[bool]],
    ) -> Outcome:
        """Note that it sleeps, then write 0 replicas, if `unasked` still answers right before that
        nobody asks.

        The note means nothing while there are replicas. So one who dies between the two leaves no
        service at 0 that looks as if somebody had stopped it.
        """
        async with self._slots:
            now = self._clock.now()
            texts = {
                ANNOTATION: annotation(decision, state, now, notes),
                names.ASLEEP_SINCE: stamp(now),
            }
            noted, deployment = await self._attempt(self._patched(target, texts))
            if noted.result is not Result.WRITTEN:
                return noted
            if not await unasked():
                return Outcome(Result.OVERTAKEN, "somebody asked for it first")
            outcome, _ = await self._scale(target, decision, _version(deployment))
            return outcome

    async def wake(self, target: Target, decision: Decision) -> Outcome:
        """Write the replicas of a service that sleeps, at once; `roused` is to follow.

        What is known of it may be from before it was put to sleep: then it is asked for anew.
        """
        async with self._urgent:
            version = _version(target.deployment)
            for _ in range(WAKE_TRIES):
                outcome, _ = await self._scale(target, decision, version)
                if outcome.result is not Result.CONFLICT:
                    return outcome
                found, deployment = await self._attempt(self._found(target))
                if found.result is not Result.WRITTEN:
                    return found
                if not asleep_since(deployment):
                    return Outcome(Result.CONFLICT, "it does not sleep any more")
                version = _version(deployment)
            return outcome

    async def roused(self, target: Target, decision: Decision, state: State, notes: Notes) -> None:
        """Tell of a service with replicas that it does not sleep."""
        text = annotation(decision, state, self._clock.now(), notes)
        await self._annotations(target, {ANNOTATION: text, names.ASLEEP_SINCE: None})

    async def unmark(self, target: Target) -> None:
        """Take away the note of a sleep that did not come about, or is over."""
        await self._annotations(target, {names.ASLEEP_SINCE: None})

    async def note(
        self, target: Target, decision: Decision, state: State, notes: Notes = NOTHING
    ) -> None:
        """Keep what was learnt for a successor, although the size stays."""
        async with self._slots:
            await self._annotate(target, decision, state, notes)

    async def _scale(self, target: Target, decision: Decision, version: str) -> tuple[Outcome, Obj]:
        name = target.deployment["metadata"]["name"]
        replicas, space = decision.replicas, target.namespace
        scale = self._kube.scale
        return await self._attempt(partial(scale, name, replicas, space, resource_version=version))

    def _patched(self, target: Target, texts: Mapping[str, str]) -> Request:
        """Annotations, as long as the Deployment is the one that was decided on."""
        metadata = {"resourceVersion": _version(target.deployment), "annotations": texts}
        name, body = target.deployment["metadata"]["name"], {"metadata": metadata}
        patch = self._kube.patch
        return partial(patch, DEPLOYMENTS, name, body, target.namespace, subresource="status")

    def _found(self, target: Target) -> Request:
        name = target.deployment["metadata"]["name"]
        return partial(self._kube.get, DEPLOYMENTS, name, target.namespace)

    async def _attempt(self, request: Request) -> tuple[Outcome, Obj]:
        """The end of one request and its answer, which is empty unless it was WRITTEN."""
        if not self._leads():
            return Outcome(Result.NOT_LEADING), {}
        if self.backs_off:
            return Outcome(Result.THROTTLED, "waiting, as the API server asked"), {}
        try:
            async with asyncio.timeout(self._timeout):
                return Outcome(Result.WRITTEN), await request()
        except Conflict:
            return Outcome(Result.CONFLICT, "the Deployment has changed; deciding again"), {}
        except NotFound:
            return Outcome(Result.GONE, "the Deployment is gone"), {}
        except TooManyRequests as error:
            return self._back_off(error), {}
        except (KubeError, TimeoutError) as error:
            told = str(error) or f"no answer of the API server within {self._timeout:g} s"
            return Outcome(Result.FAILED, told), {}

    async def _annotate(
        self, target: Target, decision: Decision, state: State, notes: Notes
    ) -> None:
        text = annotation(decision, state, self._clock.now(), notes)
        await self._annotations(target, {ANNOTATION: text})

    async def _annotations(self, target: Target, texts: Mapping[str, str | None]) -> None:
        body = {"metadata": {"annotations": texts}}
        name = target.deployment["metadata"]["name"]
        await self._patch_best_effort(DEPLOYMENTS, name, target.namespace, body, "annotate")

    async def _mark(
        self, target: Target, decision: Decision, in_flight: Mapping[str, int | None]
    ) -> bool:
        """Let the least busy pods go first; without these marks any pods would go, and False tells
        that we may not write them."""
        shares = {view.name: view.share_pct for view in decision.pods}
        wanted = marks(target.pods, shares, decision.current - decision.replicas, in_flight)
        if wanted and not await self._may_mark(target.namespace):
            return False
        for name, cost in wanted.items():
            text = None if cost is None else str(cost)
            body = {"metadata": {"annotations": {DELETION_COST: text}}}
            error = await self._patch_best_effort(PODS, name, target.namespace, body, "mark")
            if isinstance(error, Forbidden):
                self._marking.learn(target.namespace, False, self._clock.monotonic())
                return False
        return True

    async def _may_mark(self, space: str) -> bool:
        known = self._marking.known(space, self._clock.monotonic())
        if known is not None:
            return known
        ask = partial(self._kube.create, OWN_ACCESS_REVIEWS, question(space))
        outcome, answer = await self._attempt(ask)
        if outcome.result is not Result.WRITTEN:
            return False
        self._marking.learn(space, granted(answer), self._clock.monotonic())
        return granted(answer)

    async def _patch_best_effort(
        self, resource: Resource, name: str, space: str, body: Obj, what: str
    ) -> KubeError | TimeoutError | None:
        """A write that nothing depends on: when it fails, that is said and answered."""
        if not self._leads() or self.backs_off:
            return None
        try:
            async with asyncio.timeout(self._timeout):
                await self._kube.patch(resource, name, body, space, subresource="status")
        except (KubeError, TimeoutError) as error:
            if isinstance(error, TooManyRequests):
                self._back_off(error)
            else:
                log.warning("cannot %s %s %s: %s", what, resource.kind, name, error or "no answer")
            return error
        return None

    def _back_off(self, error: TooManyRequests) -> Outcome:
        seconds = min(1.0 if error.retry_after is None else error.retry_after, MAX_BACK_OFF)
        self._back_off_until = self._clock.monotonic() + seconds
        return Outcome(Result.THROTTLED, f"the API server asks to wait {seconds:g} s")


def _version(deployment: Obj) -> str:
    return str(deployment["metadata"]["resourceVersion"])
