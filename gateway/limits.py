"""What a client may use up, and how long the gateway is patient, whatever the service says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network
from typing import Final

Network = IPv4Network | IPv6Network

AUTO: Final = -1
"""A number of connections that follows from how many descriptors the process may have."""
MOST_HELD: Final = 10_000
"""Requests that may wait for pods, where no setting says how many: each takes some memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on clients and upstream connections. Sizes in bytes, times in seconds, 0 = off."""

    line: int = 16 * 1024
    """Request line; longer is 414."""
    head: int = 32 * 1024
    """Request line and fields, also of a response; longer is 431 (502 for a response)."""
    fields: int = 100
    """Header fields of a request or a response."""
    body: int = 0
    """Request body; larger is 413."""
    head_time: float = 10.0
    """From the first byte of a head to its last; longer is 408."""
    body_rate: float = 240.0
    """Bytes a second that a request body must bring on average over its service's `timeouts.body`;
    a body that stays below it is 408."""
    send_time: float = 60.0
    """Window over which `send_rate` is measured while bytes wait for a client; one that stays below
    it is cut off."""
    send_rate: float = 240.0
    """Bytes a second that a client must take on average while bytes wait for it."""
    keep_alive: float = 75.0
    """How long a client connection may stay idle."""
    connections: int = AUTO
    """Open client connections in all, handshakes of TLS included; one more is refused with 503."""
    connections_per_address: int = AUTO
    """Open client connections of one address that is no trusted proxy; one more is 429."""
    http2: bool = True
    """HTTP/2 is spoken to clients that do."""
    window: int = 64 * 1024
    """Bytes kept in memory for a reader that does not keep up, in each direction."""
    queue: int = 1000
    """Requests that may wait for one service."""
    held: int = AUTO
    """Requests that may wait for pods of services that have none, of all services; a service may
    have as many of them as it leaves to others (`gateway.services.room`)."""
    upstream_idle: float = 60.0
    """How long an idle connection to a pod is kept."""
    upstream_idle_count: int = 256
    """Idle connections kept to one pod."""
    slow_start: float = 10.0
    """Time over which a new pod grows to its full share of requests."""
    retry_ratio: float = 0.2
    """Retries allowed for each request of a service (a budget, refilled by requests)."""
    ejection_failures: int = 5
    """Consecutive connect errors and 5xx answers after which a pod is left out for a while."""
    ejection_share: float = 0.3333
    """Share of a service's pods that may be left out at a time for what they answer, at least one.
    Those that accept no connection come on top."""
    ejection_pause: float = 5.0
    """First pause; each further one doubles, up to `ejection_longest`, and healthy time halves it
    again."""
    ejection_longest: float = 60.0
    unready: float = 300.0
    """How long pods that stopped being ready all at once are gone on with while they answer; 0: not
    at all. A cluster replaces the pods of a node that it does not hear of after as long."""
    withdrawal: float = 30.0
    """How long a tunnel or a stream goes on after its service was deleted or stopped, or the token
    that let it in was changed; 0: not at all."""
    linger: float = 2.0
    """Silence after which a refused body is read away no longer; until then the client, which may
    look for an answer only when it has sent everything, can still see the refusal."""
    linger_longest: float = 30.0
    """How long it is read away at most (nginx: lingering_time)."""


def settled(limits: Limits, clients: int) -> Limits:
    """`limits` without AUTO, where the descriptors carry so many clients: all of them, and half of
    them for one address, so that nobody shuts all others out. Who sets a number for all sets the
    one for an address as well, or has none. Half of them may wait for pods, so that services that
    start do not use the gateway up."""
    automatic = limits.connections == AUTO
    most = clients if automatic else limits.connections
    each = limits.connections_per_address
    if each == AUTO:
        each = max(most // 2, 1) if automatic else 0
    held = limits.held
    if held == AUTO:
        held = min(max(most // 2, 1), MOST_HELD) if most else MOST_HELD
    return replace(limits, connections=most, connections_per_address=each, held=held)


@dataclass(frozen=True, slots=True)
class Identity:
    """How the gateway presents itself, and whom it believes."""

    via: str = "oscar-gateway"
    """Pseudonym in `Via`; a request that carries it `planner.PASSES` times goes in a circle."""
    trusted: tuple[Network, ...] = field(default=())
    """Peers whose X-Forwarded-* and Forwarded are believed and extended. An X-Request-Id of 1 to
    128 letters, digits and `._~+/=:@-` is taken from anybody; any other is replaced."""
    administrator: bytes = b""
    """SHA-256 of the administrator's `user:password`, which no pod gets to see; empty: unknown."""
