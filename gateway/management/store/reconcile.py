"""Completes or undoes what dead processes left half done, and repairs what others have changed.

Run by every process at its start, and then on a period by the one that leads: it harms no write
that is under way, but need not be done twice. All services are looked at by a
few lists; only where something is due is a service taken up, by `lifecycle`, which reads it again.
A service of which nothing has changed since it was found right costs nothing but its part of the
lists. What is not ours, or cannot be read, is counted and left as it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from gateway.management.objects import adoption, claim, render
from gateway.management.objects.policy import DEFAULT
from gateway.management.objects.seen import Seen, version
from gateway.management.problems import RefusalError
from gateway.management.store.settling import RESOURCES, Settled, Settler
from shared.kube.backoff import Failures
from shared.kube.errors import KubeError, TooManyRequests, Unreachable
from shared.kube.resources import CONFIGMAPS
from shared.runtime.clock import SystemClock
from shared.service import names, stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from gateway.management.metrics import Metrics
    from gateway.management.objects.policy import Policy
    from gateway.management.objects.seen import Place
    from gateway.management.store.lifecycle import Lifecycle
    from shared.kube.client import KubeClient
    from shared.kube.events import EventRecorder
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

PAGE: Final = 50
"""ConfigMaps read at a time: each may have a megabyte."""
MOST: Final = 200
"""Services taken up in one round; the next goes on behind them."""
JITTER: Final = 0.25
"""Share of the period by which rounds come sooner or later, so that clusters do not beat."""


class Result(StrEnum):
    """What came of one service; the names are those of the metric's label."""

    UNCHANGED = "unchanged"
    COMPLETED = "completed"
    UNDONE = "undone"
    REPAIRED = "repaired"
    REMOVED = "removed"
    """Objects that a deleted service had left."""
    BROKEN = "broken"
    """The ConfigMap cannot be read."""
    FOREIGN = "foreign"
    """Not made by us."""
    FAILED = "failed"


class Round(Protocol):
    """One look at services."""

    async def __call__(self, *, unled: bool = False) -> object:
        """Raises KubeError when the cluster is away; `unled`: also while another leads."""


async def repeat(
    round_: Round,
    period: float,
    leading: asyncio.Event,
    clock: Clock,
    random: Callable[[], float],
) -> None:
    """A round at once, for this process may follow one that died; then, as long as `leading` is
    set, every `period` seconds, more or less."""
    started, failures = False, Failures()
    while True:
        if started:
            await leading.wait()
        try:
            await round_(unled=not started)
            started = True
            failures.clear()
            pause = period * (1 - JITTER + 2 * JITTER * random())
        except KubeError as error:
            pause = min(period, failures.delay(error, random()))
            log.warning("reconcile: %s; again in %.1f s", error, pause)
        await clock.sleep(pause)


class Reconciler:
    """One round at a time; `leads` answers whether this process may write."""

    def __init__(
        self,
        kube: KubeClient,
        lifecycle: Lifecycle,
        counts: Metrics,
        events: EventRecorder | None = None,
        leads: Callable[[], bool] = lambda: True,
        clock: Clock | None = None,
        policy: Policy = DEFAULT,
    ) -> None:
        self._kube = kube
        self._lifecycle = lifecycle
        self._counts = counts
        counts.expect(Result)
        self._events = events
        self._leads = leads
        self._clock = clock or SystemClock()
        self._settler = Settler(kube, clock, policy)
        self._namespace = policy.namespace
        self._right: dict[str, tuple[tuple[str, ...], Result]] = {}
        """Versions of a service's objects when nothing was due, and what was found then."""
        self._said: dict[str, str] = {}
        self._after = ""

    async def round(self, *, unled: bool = False) -> Counter[Result]:
        """Look at all services, and do what is due, as long as this process leads or is `unled`.

        Raises KubeError when the cluster is away.
        """
        began = self._clock.monotonic()
        results: Counter[Result] = Counter()
        right, self._right = self._right, {}
        async for seen in self._all():
            if seen.name <= self._after:
                continue
            if not (unled or self._leads()):
                break
            results[await self._one(seen, right)] += 1
            if sum(results[one] for one in _WORK) >= MOST:
                self._after = seen.name
                break
        else:
            self._after = ""
        seconds = self._clock.monotonic() - began
        counted = {result.value: number for result, number in results.items()}
        self._counts.reconciled(counted, seconds, self._clock.now(), self._namespace)
        return results

    async def _all(self) -> AsyncIterator[Seen]:
        """Each service with its objects, by name, then the objects whose service is gone."""
        objects = await self._dependents()
        token = ""
        while True:
            page = await self._kube.page(
                CONFIGMAPS, self._namespace, labels=names.SERVICE_LABEL, limit=PAGE, continue_=token
            )
            for root in page.get("items") or ():
                name = root["metadata"]["name"]
                yield Seen(name, root, objects.pop(name, {}))
            token = page.get("metadata", {}).get("continue", "")
            if not token:
                break
        for name, left in sorted(objects.items()):
            if any(kind != claim.KIND for kind, _ in left):  # a volume may outlive its service
                yield Seen(name, None, left)

    async def _dependents(self) -> dict[str, dict[Place, Obj]]:
        """By service; read before the ConfigMaps, so that none of them is younger than these."""
        found: dict[str, dict[Place, Obj]] = {}
        for kind, resource in RESOURCES.items():
            if resource is CONFIGMAPS:
                continue
            listed = await self._kube.list(resource, self._namespace, labels=names.SERVICE_LABEL)
            for obj in listed["items"]:
                name = obj["metadata"]["labels"][names.SERVICE_LABEL]
                place = (kind, obj["metadata"]["name"])
                if kind == claim.KIND or place in render.places(name):
                    found.setdefault(name, {})[place] = obj
        return found

    async def _one(self, seen: Seen, right: Mapping[str, tuple[tuple[str, ...], Result]]) -> Result:
        versions = (version(seen.root), *(version(obj) for obj in seen.objects.values()))
        before = right.get(seen.name)
        if before is not None and before[0] == versions:
            self._right[seen.name] = before
            return before[1]
        await asyncio.sleep(0)  # reading a definition takes a while: let others in
        result = self._due(seen)
        if result is None:
            return await self._taken_up(seen.name)
        self._right[seen.name] = versions, result
        return result

    def _due(self, seen: Seen) -> Result | None:
        """What is to be said of a service for which nothing is due; None if something is."""
        if adoption.mark(seen.root) is not None:
            return None
        try:
            if seen.root is not None and not seen.is_service:
                stored.read(seen.root)
                return Result.FOREIGN
            plan = self._settler.plan(seen, {})
        except stored.StoredError as error:
            log.warning("reconcile: %s", error)
            return Result.BROKEN
        except RefusalError:
            return None
        return None if plan.steps or plan.waits else Result.UNCHANGED

    async def _taken_up(self, name: str) -> Result:
        try:
            settled = await self._lifecycle.reconcile(name)
        except (Unreachable, TooManyRequests):
            raise
        except (KubeError, RefusalError, stored.StoredError) as error:
            if self._said.get(name) != str(error):
                log.warning("service %s cannot be reconciled: %s", name, error)
            self._said[name] = str(error)
            return Result.FAILED
        self._said.pop(name, None)
        result = _result(settled)
        self._tell(name, result, settled)
        return result

    def _tell(self, name: str, result: Result, settled: Settled) -> None:
        for sentence, about in settled.changes:
            log.warning("service %s %s: %s", name, result, sentence)
            self._emit(about, result.value.capitalize(), f"{result.value}: {sentence}")
        if settled.undone:
            log.warning("the create of service %s was undone: %s", name, settled.undone)
        for secret in settled.lost:
            log.error("service %s: %s was nowhere any more and is made anew or empty", name, secret)
        if result is Result.COMPLETED and not settled.changes:
            log.info("service %s completed: its last write had come to no end", name)

    def _emit(self, about: Obj, reason: str, note: str) -> None:
        if self._events is not None and about:
            self._events.emit(about, reason, note, type="Warning", action="Reconcile")


_WORK: Final = frozenset(Result) - {Result.UNCHANGED, Result.BROKEN, Result.FOREIGN}


def _result(settled: Settled) -> Result:
    if settled.undone:
        return Result.UNDONE
    if settled.seen.root is None:
        return Result.REMOVED
    if not settled.finished:
        return Result.COMPLETED
    return Result.REPAIRED if settled.changes else Result.UNCHANGED
