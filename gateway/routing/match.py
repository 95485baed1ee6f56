"""The route table: which service a request path belongs to, and what its definition asks for.

Tables are immutable. A change makes a new one that shares every unchanged route, and is put in
place by one reference assignment, so a request sees one table from its first step to its last and
a plan made under a table can be recognised as out of date by identity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Final

from gateway.memory import Memory
from shared.service.model import AuthType, Timeouts
from shared.service.names import base_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.routing.planner import Plan
    from gateway.services.state import ServiceState

REMEMBERED_PLANS: Final = 256
"""Of one service."""
MANAGEMENT: Final = "_management"
"""Name of the ordinary route to the management API; no service can be called so."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a service, as an EndpointSlice states it.

    Conditions: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
    """

    address: str
    port: int
    pod: str = ""
    ready: bool = True
    serving: bool = True
    terminating: bool = False

    @property
    def usable(self) -> bool:
        """Whether it may be given new requests."""
        return self.ready and not self.terminating


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """What the definition of a service tells the gateway; equal specs need no new table."""

    name: str
    rewrite_target: bool = False
    """True hands the path to the pod with its prefix, as it came."""
    set_auth: bool = False
    auth_type: AuthType = "basic"
    digest: bytes = b""
    """SHA-256 of the token (32 bytes); empty lets nobody in when `set_auth` is true."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    concurrency: int = 0
    """Requests in flight that one pod takes; 0 is no limit."""
    affinity: bool = False
    stopped: bool = False
    api_port: int = 0
    """For messages only: endpoints carry their own port."""


@dataclass(slots=True, eq=False)
class Route:
    """A definition together with its service's running state, and what is made from the two once.

    A changed definition makes a new route, so what is kept here needs no other care.
    """

    spec: ServiceSpec
    state: ServiceState
    prefix: bytes = field(init=False)
    """`/system/services/<name>/exposed`; empty for the management route."""
    strips: bool = field(init=False)
    """The pod sees paths without the prefix."""
    by_session: bool = field(init=False)
    """Credentials may come in the query or in a cookie."""
    first_byte: float = field(init=False)
    idle: float = field(init=False)
    """Time-outs of the definition in seconds, `inf` where they are off."""
    plans: Memory[Any, Plan] = field(init=False)
    """Plans of requests, by what they follow from."""

    def __post_init__(self) -> None:
        managed = self.spec.name == MANAGEMENT
        self.prefix = b"" if managed else base_path(self.spec.name).encode("ascii")
        self.strips = not managed and not self.spec.rewrite_target
        self.by_session = self.spec.set_auth and self.spec.auth_type == "forward"
        self.first_byte = self.spec.timeouts.first_byte or inf
        self.idle = self.spec.timeouts.idle or inf
        self.plans = Memory(REMEMBERED_PLANS)


@dataclass(frozen=True, slots=True, eq=False)
class RouteTable:
    """All routes at one moment. `routes` is keyed by service name as it stands in a path."""

    nowhere: Route
    """Stands for the service of requests that match none: it has counts, and no pod."""
    routes: Mapping[bytes, Route] = field(default_factory=dict)
    management: Route | None = None

    def changed(self, routes: Mapping[str, Route | None]) -> RouteTable:
        """The table after `routes` were put in place (None removes one); costs one dict copy."""
        merged = dict(self.routes)
        for name, route in routes.items():
            key = name.encode("ascii")
            if route is None:
                merged.pop(key, None)
            else:
                merged[key] = route
        return RouteTable(self.nowhere, merged, self.management)

    def find(self, name: str) -> Route | None:
        """The route of service `name`."""
        return self.routes.get(name.encode("utf-8"))


class PathError(ValueError):
    """A path that could lead out of its service; the message says how (400)."""


_EXPOSED = re.compile(rb"/system/services/([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)/exposed(?=[/?]|\Z)")
_MANAGED = re.compile(rb"/(?:system|health)(?=[/?]|\Z)")
_SUSPECT = re.compile(rb"\.\.|%(?:25)*(?:2e|00)|\\", re.IGNORECASE)
_ENCODED = re.compile(rb"%(?:25)*(?:00|2f|5c|2e)|\\", re.IGNORECASE)
_NOWHERE: Final = (None, b"")
_DOT, _PERCENT, _BACKSLASH = b".%\\"  # as numbers: `bytes in bytes` raises inside, and is slow


def match(table: RouteTable, target: bytes) -> tuple[Route | None, bytes]:
    """The route of an origin-form target, on raw bytes (no decoding, no normalising), and what
    follows its prefix, query included, byte for byte.

    The rest does not begin with `/` when the path is the bare prefix, which is redirected to the
    one with a slash. Raises PathError for a path that would climb out of its prefix in any
    reader's eyes.
    """
    found = _EXPOSED.match(target)
    if found is None:
        return _managed(table, target)
    route = table.routes.get(found[1])
    if route is None:
        return _NOWHERE
    rest = target[found.end() :]
    if (_DOT in rest or _PERCENT in rest or _BACKSLASH in rest) and _SUSPECT.search(rest):
        check_climb(rest.partition(b"?")[0])
    return route, rest


def service_name(target: bytes) -> str:
    """The name of the service that a target asks for, whether it exists or not."""
    found = _EXPOSED.match(target)
    return found[1].decode("ascii") if found else ""


def _managed(table: RouteTable, target: bytes) -> tuple[Route | None, bytes]:
    if not _MANAGED.match(target):
        return _NOWHERE
    path = target.partition(b"?")[0]
    if _ENCODED.search(path) or b"/../" in path + b"/":
        raise PathError("a dot segment, a backslash or an encoded separator before the service")
    return table.management, target


_SEPARATOR = re.compile(rb"[/\\]")
_STEP = re.compile(rb"%([0-9a-fA-F]{2})")


def check_climb(path: bytes) -> None:
    """Raise PathError if `..` segments of `path`, in any spelling, outweigh the others.

    Applications decode before or after they split, once or twice, take `\\` for `/`, collapse `//`
    or cut `;parameters`; each reading must stay below the prefix.
    """
    reading = path
    for _ in range(4):
        if b"\0" in reading:
            raise PathError("an encoded NUL")
        if _climbs(reading.split(b"/")) or _climbs(_SEPARATOR.split(reading)):
            raise PathError("'..' segments climb above it")
        decoded = _STEP.sub(lambda step: bytes((int(step[1], 16),)), reading)
        dots = _STEP.sub(lambda step: b"." if step[1].lower() == b"2e" else step[0], reading)
        if _climbs(dots.split(b"/")):
            raise PathError("encoded '..' segments climb above it")
        if decoded == reading:
            return
        reading = decoded
    raise PathError("percent-encoding nested too deeply beside a dot segment")


def _climbs(segments: list[bytes]) -> bool:
    depth = 0
    for segment in segments:
        name = segment.partition(b";")[0]
        if name == b"..":
            depth -= 1
        elif name not in (b"", b"."):
            depth += 1
        if depth < 0:
            return True
    return False
