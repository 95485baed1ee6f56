"""Idle connections to pods: leased to one exchange at a time, given back, expired.

Books only: each pod's `Backend.idle` is a stack, so that the warmest connection goes first and the
surplus grows old at the bottom; whoever takes a connection out of it owns it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.balancer import Backend
    from gateway.service import ServiceState

FRESH: Final = 2.0
"""Seconds of idleness after which a connection is not used for a request that must not be sent
twice: the pod may be closing it (servers close idle connections after 2 s, 5 s, …)."""


class Connection(Protocol):
    """What the pool holds."""

    since: float
    """When it was given back, monotonic seconds."""

    @property
    def usable(self) -> bool:
        """Nothing says that the pod closed it."""

    def close(self) -> None:
        """Close it."""


def lease(backend: Backend, *, repeatable: bool, now: float) -> Connection | None:
    """Take the warmest usable connection out; a request that is not `repeatable` gets a fresh one
    or none."""
    idle: list[Connection] = backend.idle
    while idle:
        connection = idle[-1]
        if connection.usable:
            if not repeatable and now - connection.since > FRESH:
                return None
            return idle.pop()
        idle.pop()
    return None


def give_back(backend: Backend, connection: Connection, now: float, most: int) -> bool:
    """Put a connection in; False when it must be closed instead (pod leaving, pool full)."""
    if backend.leaving or len(backend.idle) >= most:
        return False
    connection.since = now
    backend.idle.append(connection)
    return True


def expired(states: Iterable[ServiceState], before: float) -> list[Connection]:
    """Take out all connections that are idle since `before` or longer; the caller closes them."""
    out: list[Connection] = []
    for state in states:
        for backend in state.balancer.backends.values():
            idle: list[Connection] = backend.idle
            if idle and idle[0].since <= before:
                out += [one for one in idle if one.since <= before]
                backend.idle = [one for one in idle if one.since > before]
    return out
