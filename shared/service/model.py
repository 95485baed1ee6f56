"""An exposed service as a value: what FDL says, with defaults applied and every field checked.

Field names and defaults follow OSCAR's document of exposed services and its REST API. Fields that
serving does not need (input, output, storage providers, …) are kept in `extra` as they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from types import MappingProxyType
from typing import Any, Final, Literal

AuthType = Literal["basic", "forward"]
ProbeMode = Literal["legacy", "direct"]
Protocol = Literal["http1", "h2c", "grpc"]
Visibility = Literal["private", "public", "restricted"]
LifecyclePolicy = Literal["delete", "retain"]
Per = Literal["address", "service", "token"]

ADMINISTRATOR: Final = "cluster_admin"
"""OSCAR's name for the owner of what the administrator makes."""
STARTUP_TIMEOUT: Final = 600
"""Seconds; models that are loaded from a network take minutes."""
EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


def _empty() -> Mapping[str, Any]:
    return EMPTY


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the gateway waits for a pod, in seconds; 0 switches a limit off."""

    connect: float = 2.0
    """Until the pod accepts the connection."""
    first_byte: float = 300.0
    """From the end of the request to the first byte of the response: one inference."""
    idle: float = 0.0
    """Between two pieces of a body or of a tunnel."""
    queue: float = 60.0
    """For a free replica."""
    body: float = 10.0
    """Over which a request's body must keep up the gateway's least rate: it may pause about so
    long, and longer after it has brought more than it had to."""
    wake: float = 300.0
    """For the first pod of a service that has none: it sleeps, or starts."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests that a service takes from one caller; 0 is no limit."""

    requests: float = 0.0
    """In `period`, on average."""
    period: int = 1
    """Seconds: a second, a minute or an hour."""
    burst: int = 0
    """Requests at once after a pause; 0: as many as `requests`, rounded up."""
    in_flight: int = 0
    """Requests, streams and tunnels at a time."""
    per: Per = "address"
    """Who a caller is: an address (a network of 64 bits in IPv6), everybody together, or a token
    in Authorization; who sends none is known by the address."""

    @property
    def quota(self) -> int:
        """Requests at once after a pause; 0 where only those in flight are limited."""
        return self.burst or ceil(self.requests)


@dataclass(frozen=True, slots=True)
class Expose:
    """The `expose` section of a service."""

    api_port: tuple[int, ...]
    """Ports the container listens on; the first one is exposed by the gateway."""
    min_scale: int = 1
    max_scale: int = 10
    cpu_threshold: int = 80
    """Average CPU of the pods, in percent of what they request, that the scaler aims at."""
    rewrite_target: bool = False
    """True keeps the prefix `/system/services/<name>/exposed` in the path a pod sees."""
    node_port: tuple[int, ...] = ()
    """Ports on every node that lead to `api_port`, one for one; 0 lets Kubernetes choose."""
    default_command: bool = False
    """True runs the image's own command instead of the script."""
    set_auth: bool = False
    """True asks every request for the service's token."""
    auth_type: AuthType = "basic"
    protocol: Protocol = "http1"
    """What the container speaks on its first port: HTTP/1.1, HTTP/2 without TLS from the first byte
    on (`h2c`, RFC 9113, section 3.3), or that with gRPC's ways."""
    health_path: str = "/"
    probe_mode: ProbeMode = "legacy"
    timeouts: Timeouts = Timeouts()
    startup_timeout: int = STARTUP_TIMEOUT
    """Seconds within which the container must answer after its start, or it is started anew."""
    grace: int | None = None
    """Seconds that a pod which is taken away has for its requests; None: learnt from the longest
    request that was seen."""
    concurrency: int = 0
    """Requests one pod works on at a time; 0 is no limit."""
    affinity: bool = False
    """True keeps a client on one pod by a cookie, as far as that pod lives."""
    rate_limit: tuple[RateLimit, ...] = ()
    """What the gateway refuses beyond; all of them hold."""
    scaling: Mapping[str, Any] = field(default_factory=_empty)
    """Settings for the scaler, which checks them itself."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Environment variables of the container."""

    variables: Mapping[str, str] = field(default_factory=_empty)
    secrets: Mapping[str, str] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class Volume:
    """Files that outlive the pods, mounted into each of them."""

    mount_path: str
    """Absolute path inside the container."""
    name: str
    """Of the volume and of its claim: a DNS label; the service's own name if none was given."""
    size: str = ""
    """A quantity of bytes: the volume is made if it is missing. Empty: it must exist already."""
    lifecycle_policy: LifecyclePolicy = "retain"
    """Whether a volume that has a size goes or stays when its service is deleted."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service as its definition states it; the token is never part of it."""

    name: str
    image: str
    script: str
    memory: str = "256Mi"
    cpu: str = "0.2"
    environment: Environment = Environment()
    expose: Expose | None = None
    volume: Volume | None = None
    labels: Mapping[str, str] = field(default_factory=_empty)
    annotations: Mapping[str, str] = field(default_factory=_empty)
    image_pull_secrets: tuple[str, ...] = ()
    owner: str = ADMINISTRATOR
    """Who made it. The services API decides that; what a client states does not count."""
    visibility: Visibility = "private"
    """Who else may see it: nobody, everybody, or `allowed_users`."""
    allowed_users: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=_empty)
