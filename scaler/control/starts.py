"""Services on their way to a ready pod: clients that wait are told how far they are, and starts
from 0 replicas are measured.

The reconciler tells it what it sees of such a service, the loop asks it which they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from scaler.cluster.starting import starting
from scaler.control.cold_start import ColdStart
from shared.service.progress import Phase, Progress
from shared.service.sleeping import slept_at

if TYPE_CHECKING:
    from collections.abc import Collection, Set

    from scaler.cluster.catalog import Target
    from scaler.control.context import Context
    from scaler.control.memory import Memory


class Streams(Protocol):
    """Where progress goes; `scaler.sources.wakes.WakeStreams` is one."""

    def keep(self, gateways: Collection[str]) -> None:
        """Have a stream to each of these, and no other."""

    @property
    def connected(self) -> int:
        """Gateways with a stream now."""

    def tell(self, progress: Progress) -> None:
        """Tell all of them, unless they know."""

    def retain(self, services: Set[str]) -> None:
        """Forget all other services."""


class Starts:
    """Knows every service without a ready pod that is asked to have one."""

    def __init__(self, context: Context, streams: Streams) -> None:
        self._clock = context.clock
        self._listener = context.listener
        self._streams = streams
        self._begun: dict[str, ColdStart] = {}
        self._told: dict[str, Progress] = {}

    @property
    def names(self) -> Collection[str]:
        """The services that are starting."""
        return self._told.keys()

    def retain(self, names: Set[str]) -> None:
        """Forget every service that is not among `names`."""
        for known in (self._begun, self._told):
            for name in known.keys() - names:
                del known[name]
        self._streams.retain(names)

    def begin(self, target: Target, memory: Memory, cause: str) -> None:
        """It is being woken, from now on. What kept the last try from it is told until one has
        come through."""
        self._begun.setdefault(target.name, ColdStart(self._clock.monotonic()))
        known = self._told.get(target.name)
        if known is None or known.phase is not Phase.WAKING:
            self._tell(target, memory, Phase.WAKING, f"woken by {cause}")

    def written(self, target: Target) -> None:
        """The replicas of its waking are written."""
        if start := self._begun.get(target.name):
            start.reached(Phase.SCHEDULING, self._clock.monotonic())

    def trouble(self, target: Target, memory: Memory, words: str) -> None:
        """It could not be woken; who waits asks again."""
        self._begun.pop(target.name, None)
        self._tell(target, memory, Phase.WAKING, words)

    def look(self, target: Target, memory: Memory) -> None:
        """Take in what the cluster shows of a service that is asked to have pods."""
        found = starting(target, memory.usual_s or None)
        start, now = self._begun.get(target.name), self._clock.monotonic()
        if start is not None:
            start.reached(found.phase, now)
            if start.over:
                del self._begun[target.name]
                memory.started(start.seconds)
                self._listener.cold_start(target, start.parts())
                found = replace(found, usual_s=memory.usual_s)
        if found.phase is Phase.READY:
            self._told.pop(target.name, None)
            self._streams.tell(found)
        else:
            self._post(found)

    def rests(self, target: Target, memory: Memory, phase: Phase, words: str) -> None:
        """It has no replicas and is to have none."""
        self._begun.pop(target.name, None)
        since = slept_at(target.deployment)
        self._told.pop(target.name, None)
        self._streams.tell(Progress(target.name, phase, words, since, memory.usual_s or None))

    def _tell(self, target: Target, memory: Memory, phase: Phase, words: str) -> None:
        self._post(Progress(target.name, phase, words, 0.0, memory.usual_s or None))

    def _post(self, progress: Progress) -> None:
        """Since when the phase lasts is kept from the look that first saw it, if no object says."""
        known = self._told.get(progress.service)
        if not progress.since:
            same = known is not None and known.phase is progress.phase
            since = known.since if known and same else self._clock.now()
            progress = replace(progress, since=since)
        self._told[progress.service] = progress
        self._streams.tell(progress)
