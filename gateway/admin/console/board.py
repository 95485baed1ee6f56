"""Looks at the gateway and has what the console shows: each second while somebody watches, else
each ten, for the history.

Of a gateway of several processes it looks at the sum, as the one that stands before them does.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from gateway.admin.console import detail, frame, overview
from gateway.admin.console.condition import condition, system
from gateway.admin.console.happenings import Happenings
from gateway.admin.console.history import PERIOD, History
from gateway.admin.console.row import row
from gateway.services.route import MANAGEMENT
from shared.runtime.tasks import lasting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from gateway.admin.console.condition import State
    from gateway.admin.heard import Heard
    from gateway.admin.snapshot import Snapshot
    from shared.runtime.clock import Clock

LOOK: Final = 1.0
"""Seconds between two looks while somebody watches."""
SHARE: Final = 0.2
"""Of the time, at most, that is spent on looks."""
BATCH: Final = 50
"""Services looked at in one turn of the loop, so that a thousand hold up no request."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What does not change while the process runs."""

    name: str
    """Of the pod or the machine."""
    version: str
    base: str
    """Scheme and port of the public address, with `<gateway>` for its name."""


@dataclass(frozen=True, slots=True)
class Books:
    """What is looked at."""

    numbers: Callable[[], Awaitable[Snapshot]]
    troubles: Callable[[str], Awaitable[Mapping[str, Any]]]
    """The latest failed and the slowest requests of a service."""
    heard: Heard


class Board:
    """The console's data; `frame` is what was seen last."""

    def __init__(self, books: Books, facts: Facts, clock: Clock) -> None:
        self._books = books
        self._facts = facts
        self._clock = clock
        self._numbers: Snapshot = {"services": {}}
        self._states: dict[str, tuple[State, float]] = {}
        self._happenings = Happenings()
        self._link = overview.Link()
        self._watchers: set[asyncio.Event] = set()
        self.looking = asyncio.Lock()
        """Held during a look, when history and frame do not fit together."""
        self._looked = float("-inf")
        self._due = clock.monotonic() + PERIOD
        self.history = History()
        self.frame = frame.Frame()

    async def run(self) -> None:
        """Look for ever."""
        await lasting("console", self._run, self._clock, LOOK)

    async def _run(self) -> None:
        while True:
            began = self._clock.monotonic()
            if self._watchers or began >= self._due:
                async with self.looking:
                    await self._look()
            took = self._clock.monotonic() - began
            await self._clock.sleep(max(LOOK - took, took / SHARE - took, 0.01))

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is a new frame."""
        event = asyncio.Event()
        self._watchers.add(event)
        try:
            yield event
        finally:
            self._watchers.discard(event)

    async def fresh(self) -> None:
        """See that the frame is of now, about."""
        async with self.looking:
            if self._clock.monotonic() - self._looked >= LOOK:
                await self._look()

    async def _look(self) -> None:
        numbers = self._numbers = await self._books.numbers()
        services, heard, now = numbers["services"], self._books.heard, self._clock.now()
        self._looked = self._clock.monotonic()
        heard.retain(services)
        self._link.look(connected=numbers.get("scalers", 0) > 0, now=now)
        due = self._looked >= self._due
        if due:
            self._due = max(self._due + PERIOD, self._looked + PERIOD / 2)
        rows = await self._rows(services, now, due=due)
        self._happenings.close(services)
        if due:
            self.history.close(services, now)
        own = overview.gateway(
            numbers, self._facts.name, self._facts.version, self._link, heard, now
        )
        self.frame = frame.Frame(
            round(now, 3),
            frame.piece(self.frame.gateway, own),
            frame.rows(self.frame.services, {n: r for n, r in rows.items() if n[0] != "_"}),
            frame.rows(self.frame.system, {n: r for n, r in rows.items() if n[0] == "_"}),
        )
        for event in self._watchers:
            event.set()

    async def _rows(self, services: Mapping[str, Any], now: float, *, due: bool) -> dict[str, Any]:
        """All rows; `due`: a point of the history is."""
        found = {}
        for index, (name, numbers) in enumerate(services.items()):
            if index % BATCH == BATCH - 1:
                await asyncio.sleep(0)
            self._happenings.look(name, numbers, now)
            if due:
                self.history.add(name, numbers, self._books.heard.sizes.get(name))
            found[name] = self._row(name, numbers, now)
        for gone in self._states.keys() - services.keys():
            del self._states[gone]
        return found

    def _row(self, name: str, numbers: Mapping[str, Any], now: float) -> dict[str, Any]:
        heard, track = self._books.heard, self.history.tracks.get(name)
        if name.startswith("_"):
            state = system(numbers, track, pods=name == MANAGEMENT)
        else:
            progress = heard.progress.get(name)
            state = condition(numbers, track, progress, told=self._link.connected)
        known, since = self._states.get(name, (("", ""), now))
        since = since if known[0] == state[0] else now
        self._states[name] = state, since
        sizing, old = heard.sizes.get(name), not self._link.connected
        return row(numbers, track, sizing, state, round(since), old=old)

    async def service(self, name: str) -> bytes | None:
        """All that is shown of one service, as JSON without the time; None: there is none."""
        if self._numbers["services"].get(name) is None:
            return None
        troubles = await self._books.troubles(name)
        numbers = self._numbers["services"].get(name)
        if numbers is None:
            return None
        heard, track = self._books.heard, self.history.tracks.get(name)
        sizing, now = heard.sizes.get(name), self._clock.now()
        rows = self.frame.system if name.startswith("_") else self.frame.services
        told = {
            "name": name,
            "row": orjson.Fragment(rows[name]) if name in rows else None,
            "curl": detail.curl(name, self._facts.base, set_auth=numbers.get("set_auth", False)),
            "pods": detail.pods(numbers, sizing, now),
            "timeline": detail.timeline(track, self.history.ends),
            "cpu_target_pct": sizing.target_pct if sizing is not None else None,
            "errors": detail.errors(numbers, track),
            "failed": troubles.get("failed", []),
            "slow": troubles.get("slow", []),
            "events": detail.events(self._happenings.of(name), sizing),
            "progress": detail.start(heard.progress.get(name)),
            **detail.size(sizing),
        }
        return orjson.dumps(told)
