"""Idle connections to pods: leased to one exchange at a time, given back, expired.

No I/O: each pod's `Backend.idle` is a stack, so that the warmest connection goes first and the
surplus grows old at the bottom; whoever takes a connection out of it owns it. Connections of HTTP/2
stay in `Backend.shared` while they take more requests, and know themselves when they do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gateway.dataplane.roles import Pod
    from gateway.services.backend import Backend

FRESH: Final = 2.0
"""Seconds of idleness after which a connection is not used for a request that must not be sent
twice: the pod may be closing it (servers close idle connections after 2 s, 5 s, …)."""


def lease(backend: Backend, repeatable: bool, now: float) -> Pod | None:
    """Take the warmest usable connection out; a request that is not `repeatable` gets a fresh one
    or none."""
    idle: list[Pod] = backend.idle
    while idle:
        connection = idle.pop()
        transport = connection.transport
        if transport is not None and not transport.is_closing():
            if repeatable or now - connection.since <= FRESH:
                return connection
            idle.append(connection)
            return None
    return stream(backend) if backend.shared else None


def stream(backend: Backend) -> Pod | None:
    """What serves one exchange on a connection that is shared, if one has room."""
    for connection in backend.shared:
        if connection.free:
            pod: Pod = connection.open()
            return pod
    return None


def give_back(connection: Pod, now: float, most: int) -> None:
    """Put a connection in, or close it (the pod is leaving, the pool is full)."""
    backend = connection.backend
    transport = connection.transport
    if backend.leaving or len(backend.idle) >= most or transport is None:
        connection.close()
    else:
        connection.since = now
        backend.idle.append(connection)


def expired(pods: set[Backend], before: float) -> list[Pod]:
    """Take out all connections that are idle since `before` or longer; the caller closes them.

    Pods that have neither connections nor requests leave `pods`.
    """
    out: list[Pod] = []
    for backend in list(pods):
        idle: list[Pod] = backend.idle
        if idle and idle[0].since <= before:
            out += [one for one in idle if one.since <= before]
            backend.idle = [one for one in idle if one.since > before]
        out += [one for one in backend.shared if one.idle and one.since <= before]
        if not backend.idle and not backend.shared and not backend.in_flight:
            pods.discard(backend)
    return out


def surplus(pods: set[Backend], most: int) -> list[Pod]:
    """Take the connections out that have been idle longest, `most` of all pods together; the caller
    closes them."""
    idle = [one for backend in pods for one in backend.idle]
    out: list[Pod] = sorted(idle, key=_since)[:most]
    for one in out:
        one.backend.idle.remove(one)
    return out or [one for backend in pods for one in backend.shared if one.idle][:most]


def _since(connection: Pod) -> float:
    return connection.since
