"""Services that are wanted and have no pod: told at once, and each second while a request waits.

The placement of a request says that its service is wanted; who listens, the admin port for the
scalers, hears of it by a call. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.services.state import ServiceState

Cause = Literal["request", "websocket", "page"]
"""What wants it: a request that is held, one that will be a WebSocket, a browser that looks."""

PERIOD: Final = 1.0
"""Seconds between two words about one service."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A service is wanted that has no pod."""

    service: str
    at: float
    """Since when, unix time."""
    cause: Cause


@dataclass(slots=True)
class _Wanted:
    wake: Wake
    told: float
    """When that was, monotonic seconds."""


class Wakes:
    """Who is wanted, and who listens. `monotonic` and `unix` are the clocks, in seconds."""

    def __init__(self, monotonic: Callable[[], float], unix: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._unix = unix
        self._wanted: dict[ServiceState, _Wanted] = {}
        self._listeners: dict[Callable[[Wake], None], int] = {}
        """And for how many scalers each of them stands."""
        self.on_scalers: Callable[[], None] = _nothing
        """Called when their number may have changed."""
        self.on_wanted: Callable[[], None] = _nothing
        """Called when a service is wanted that was not before."""

    @property
    def scalers(self) -> int:
        """How many scalers hear of what is wanted."""
        return sum(self._listeners.values())

    def join(self, listener: Callable[[Wake], None], scalers: int = 1) -> None:
        """Call `listener` from now on, and at once for all that is wanted; it stands for so many
        scalers."""
        new = listener not in self._listeners
        self._listeners[listener] = scalers
        self.on_scalers()
        for wanted in list(self._wanted.values()) if new else ():
            listener(wanted.wake)

    def leave(self, listener: Callable[[Wake], None]) -> None:
        """Never call `listener` again."""
        self._listeners.pop(listener, None)
        self.on_scalers()

    def wanted(self) -> list[ServiceState]:
        """The services that are wanted, or were a moment ago."""
        return list(self._wanted)

    def want(self, state: ServiceState, cause: Cause) -> None:
        """A client asks for a service that has no pod."""
        now = self._monotonic()
        known = self._wanted.get(state)
        if known is None:
            known = _Wanted(Wake(state.name, self._unix(), cause), now)
            self._wanted[state] = known
            self.on_wanted()
        elif now - known.told < PERIOD:
            return
        self._tell(known, now)

    def refresh(self) -> None:
        """Tell again of those for whom a request still waits, and forget the others; run it once a
        second."""
        now = self._monotonic()
        for state, wanted in list(self._wanted.items()):
            if state.balancer.candidates or not (state.waiting or state.lookers(now)):
                del self._wanted[state]
            elif state.waiting and now - wanted.told >= PERIOD / 2:
                self._tell(wanted, now)

    def tell(self, wake: Wake) -> None:
        """Call all who listen."""
        for listener in list(self._listeners):
            listener(wake)

    def _tell(self, wanted: _Wanted, now: float) -> None:
        wanted.told = now
        self.tell(wanted.wake)


def _nothing() -> None:
    """Nobody asks."""
