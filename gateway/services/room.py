"""How many requests may be held for services that have no pod. Pure.

Each of them occupies a connection for as long as a pod takes to start, so that all services
together have a bound. Of what is left of it one service may take no more than it leaves to the
others: a dynamic threshold (Choudhury and Hahne, 1998, as in the shared buffers of switches). One
alone gets half of the room, two get a third each, and a newcomer always finds some.
"""

from __future__ import annotations


class Room:
    """For `most` requests of all services together; 0 is no limit."""

    __slots__ = ("_most", "held")

    def __init__(self, most: int) -> None:
        self._most = most
        self.held = 0
        """Requests that are held now."""

    def admits(self, waiting: int) -> bool:
        """Whether one more may be held of a service for which so many wait already."""
        return not self._most or waiting < self._most - self.held

    def __repr__(self) -> str:
        return f"<Room {self.held} of {self._most or 'any number'}>"
