"""Writes decisions to the cluster: to the `scale` of a Deployment, unless it has changed since.

Each write carries the resourceVersion of the Deployment the decision was made on. Answered 409, the
Deployment has moved on: nothing is written again until the cache shows what it moved to, and then
something new is decided. That the caller leads is checked right before each request.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from scaler.cluster.observe import DELETION_COST
from scaler.control.annotation import ANNOTATION, annotation
from scaler.control.deletion_cost import marks
from scaler.decision import Action
from shared.kube.errors import Conflict, KubeError, NotFound, TooManyRequests
from shared.kube.lease import MARGIN
from shared.kube.resources import DEPLOYMENTS, PODS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scaler.cluster.catalog import Target
    from scaler.decision import Decision, State
    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

TIMEOUT: Final = MARGIN
"""Seconds for one write: begun by a leader, it has ended before anybody else can lead."""
PARALLEL: Final = 8
"""Services written to at a time."""
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a write; `message` is for the operator, when there is something to say."""

    result: Result
    message: str = ""


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
        self._back_off_until = float("-inf")

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
        longest_s: float = 0.0,
    ) -> Outcome:
        """Write the replicas of `decision`, and what successors should know of it.

        `in_flight` are the requests of each pod; None: not known. `longest_s` is how long the
        longest request took.
        """
        async with self._slots:
            if decision.action is Action.DOWN:
                await self._mark(target, decision, in_flight or {})
            return await self._write(target, decision, state, longest_s)

    async def _write(
        self, target: Target, decision: Decision, state: State, longest_s: float
    ) -> Outcome:
        if not self._leads():
            return Outcome(Result.NOT_LEADING)
        if self.backs_off:
            return Outcome(Result.THROTTLED, "waiting, as the API server asked")
        metadata = target.deployment["metadata"]
        try:
            async with asyncio.timeout(self._timeout):
                await self._kube.scale(
                    metadata["name"],
                    decision.replicas,
                    target.namespace,
                    resource_version=metadata["resourceVersion"],
                )
        except Conflict:
            return Outcome(Result.CONFLICT, "the Deployment has changed; deciding again")
        except NotFound:
            return Outcome(Result.GONE, "the Deployment is gone")
        except TooManyRequests as error:
            return self._back_off(error)
        except (KubeError, TimeoutError) as error:
            return Outcome(Result.FAILED, str(error) or f"no answer within {self._timeout:g} s")
        await self._annotate(target, decision, state, longest_s)
        return Outcome(Result.WRITTEN)

    async def note(
        self, target: Target, decision: Decision, state: State, longest_s: float = 0.0
    ) -> None:
        """Keep what was learnt for a successor, although the size stays."""
        async with self._slots:
            await self._annotate(target, decision, state, longest_s)

    async def _annotate(
        self, target: Target, decision: Decision, state: State, longest_s: float
    ) -> None:
        text = annotation(decision, state, self._clock.now(), longest_s)
        body = {"metadata": {"annotations": {ANNOTATION: text}}}
        name = target.deployment["metadata"]["name"]
        await self._patch_best_effort(DEPLOYMENTS, name, target.namespace, body, "annotate")

    async def _mark(
        self, target: Target, decision: Decision, in_flight: Mapping[str, int | None]
    ) -> None:
        """Let the least busy pods go first; without these marks any pods would go."""
        shares = {view.name: view.share_pct for view in decision.pods}
        wanted = marks(target.pods, shares, decision.current - decision.replicas, in_flight)
        for name, cost in wanted.items():
            text = None if cost is None else str(cost)
            body = {"metadata": {"annotations": {DELETION_COST: text}}}
            await self._patch_best_effort(PODS, name, target.namespace, body, "mark")

    async def _patch_best_effort(
        self, resource: Resource, name: str, space: str, body: Obj, what: str
    ) -> None:
        """A write that nothing depends on: when it fails, that is said and no more."""
        if not self._leads() or self.backs_off:
            return
        try:
            async with asyncio.timeout(self._timeout):
                await self._kube.patch(resource, name, body, space, subresource="status")
        except TooManyRequests as error:
            self._back_off(error)
        except (KubeError, TimeoutError) as error:
            log.warning("cannot %s %s %s: %s", what, resource.kind, name, error or "no answer")

    def _back_off(self, error: TooManyRequests) -> Outcome:
        seconds = min(1.0 if error.retry_after is None else error.retry_after, MAX_BACK_OFF)
        self._back_off_until = self._clock.monotonic() + seconds
        return Outcome(Result.THROTTLED, f"the API server asks to wait {seconds:g} s")
