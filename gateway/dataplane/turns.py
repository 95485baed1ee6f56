"""Requests that came before their turn: each connection takes one at a time, round robin.

A connection whose client sends thousands of requests at once would otherwise have the loop to
itself while all others wait. A request that has just come is not here: it is served at once.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

AT_ONCE: Final = 4
"""Requests in one turn of the loop, of all connections together: less than a millisecond."""


class Pipelined(Protocol):
    """A connection with requests that wait."""

    def take_turn(self) -> None:
        """Begin one of them."""


class Turns:
    """Who waits, in the order of coming."""

    __slots__ = ("_loop", "_planned", "_waiting")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Pipelined] = deque()
        self._planned = False

    def wait(self, connection: Pipelined) -> None:
        """Give `connection` a turn; it must not be waiting for one already."""
        self._waiting.append(connection)
        self._plan()

    def _plan(self) -> None:
        if self._waiting and not self._planned:
            self._planned = True
            self._loop.call_soon(self._serve)

    def _serve(self) -> None:
        self._planned = False
        waiting = self._waiting
        try:
            for _ in range(min(AT_ONCE, len(waiting))):
                waiting.popleft().take_turn()
        finally:
            self._plan()

    def __len__(self) -> int:
        return len(self._waiting)
