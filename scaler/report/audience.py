"""Who is shown how services are sized: gateways, for the people who look at their consoles.

The reporter tells it what happens; it tells the streams what changed, soon where somebody would
wait for it, and else no more often than PERIOD, so that a thousand services cost little.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from scaler.report.sentences import sentence
from shared.runtime import spread
from shared.runtime.printable import printable
from shared.service.sizing import EVENTS, PODS, SHORT, WORDS, Leader, SizedPod, Sizing, SizingEvent
from shared.service.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from scaler.cluster.catalog import Target
    from scaler.decision import Decision
    from scaler.report.stats import ServiceStatus
    from shared.runtime.clock import Clock
    from shared.service.sizing import Setting

PERIOD: Final = 5.0
"""Seconds between two words about one service where only measures have changed."""
REFRESH: Final = 60.0
"""The same where nothing has, so that the time of the last decision is about right."""


class Streams(Protocol):
    """Where it goes; `scaler.sources.wakes.WakeStreams` is one."""

    def size(self, sizing: Sizing) -> None:
        """Tell all gateways of it."""

    def introduce(self, leader: Leader) -> None:
        """Tell all gateways who tells."""


@dataclass(slots=True)
class _Shown:
    """What one service is shown by; times are monotonic seconds."""

    settings: tuple[Setting, ...] = ()
    events: deque[SizingEvent] = field(default_factory=lambda: deque(maxlen=EVENTS))
    gist: tuple[Any, ...] = ()
    """Of the last word: what is told at once when it changes."""
    told: Sizing | None = None
    at: float = float("-inf")
    due: float = float("-inf")
    """When it is looked whether measures have changed."""


class Audience:
    """Hears of every service; `name` is ours."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._clock = clock
        self._streams: Streams | None = None
        self._services: dict[str, _Shown] = {}
        self._leader = Leader(name)

    def listen(self, streams: Streams) -> None:
        """Tell `streams` from now on."""
        self._streams = streams
        streams.introduce(self._leader)

    def configured(self, name: str, settings: tuple[Setting, ...]) -> None:
        """By what a service is scaled."""
        self._of(name).settings = settings

    def source(self, kind: str) -> None:
        """Where samples come from."""
        self._introduce(replace(self._leader, source=kind))

    def gateways(self, heard: int, silent: int) -> None:
        """How many gateways answer, and how many do not."""
        self._introduce(replace(self._leader, heard=heard, silent=silent))

    def sees(self, name: str, status: ServiceStatus, target: Target | None = None) -> None:
        """How a service stands now; `target` is None where it cannot be read."""
        shown, now = self._of(name), self._clock.monotonic()
        gist = _gist(shown, status, target)
        if gist == shown.gist and now < shown.due:
            return
        # All are seen first at once, and shall not come due at once ever after.
        first = shown.told is None
        shown.due = now + PERIOD * (spread.share(name) if first else 1.0)
        sizing = _sizing(name, shown, status, target)
        known = shown.told
        if known is not None and _same(known, sizing) and now - shown.at < REFRESH:
            return
        shown.gist = gist
        self._tell(shown, sizing)

    def happened(
        self, name: str, kind: str, words: str, *, warning: bool, decision: Decision | None = None
    ) -> None:
        """What an Event tells of a service; `decision` is the one that was carried out."""
        change = (None, None) if decision is None else (decision.current, decision.replicas)
        shown = self._of(name)
        shown.events.append(SizingEvent(self._clock.now(), kind, _cut(words), warning, *change))
        if shown.told is not None:
            self._tell(shown, changed(shown.told, events=tuple(shown.events)))

    def retain(self, names: Set[str]) -> None:
        """Forget every service that is not among `names`."""
        for gone in self._services.keys() - names:
            del self._services[gone]

    def _of(self, name: str) -> _Shown:
        shown = self._services.get(name)
        if shown is None:
            shown = self._services[name] = _Shown()
        return shown

    def _tell(self, shown: _Shown, sizing: Sizing) -> None:
        shown.told, shown.at = sizing, self._clock.monotonic()
        if self._streams is not None:
            self._streams.size(sizing)

    def _introduce(self, leader: Leader) -> None:
        if leader != self._leader and self._streams is not None:
            self._streams.introduce(leader)
        self._leader = leader


def _gist(shown: _Shown, status: ServiceStatus, target: Target | None) -> tuple[Any, ...]:
    decision = status.decision
    wanted = None if decision is None else decision.replicas
    pods = 0 if target is None else len(target.pods)
    return (
        *(status.standing, status.note, status.current, status.ready, status.least, status.most),
        *(status.hold, wanted, pods, shown.settings, tuple(shown.events)),
    )


def _same(known: Sizing, new: Sizing) -> bool:
    """Whether nothing has changed but times; the sentence has the age of samples in it."""
    return known == changed(new, decided=known.decided, sentence=known.sentence)


def _sizing(name: str, shown: _Shown, status: ServiceStatus, target: Target | None) -> Sizing:
    decision = status.decision
    known = Sizing(
        service=name,
        standing=status.standing.value,
        note=_cut(status.note),
        current=status.current,
        least=status.least,
        most=status.most,
        awake=_cut(status.awake),
        hold=_cut(status.hold),
        hold_until=status.hold_until,
        settings=shown.settings,
        events=tuple(shown.events),
        pods=tuple(_pods(target, decision)) if target is not None else (),
    )
    if decision is None:
        return known
    return changed(
        known,
        decided=status.decided,
        action=decision.action.value,
        sentence=_cut(sentence(decision)),
        wanted=decision.replicas,
        asked=decision.raw,
        cpu_pct=decision.utilisation_pct,
        target_pct=decision.target_pct or None,
        demand_m=decision.signal.demand_m if decision.signal else None,
    )


def _pods(target: Target, decision: Decision | None) -> Iterable[SizedPod]:
    views = {view.name: view for view in decision.pods} if decision is not None else {}
    for pod in [each.pod for each in target.pods[:PODS]]:
        view = views.get(pod.name)
        words = pod.shortage or (view.detail if view else "")
        yield SizedPod(
            pod.name,
            view.pod_class.value if view else "",
            view.share_pct if view else None,
            pod.started,
            pod.ready == "True",
            "Terminating" if pod.deleted else pod.waiting[:SHORT],
            printable(words)[:SHORT] if words else "",
        )


def _cut(words: str) -> str:
    return printable(words)[:WORDS] if words else ""
