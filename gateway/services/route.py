"""The route of a service, the plans remembered for it, and the table of all routes.

Tables are immutable. A change makes a new one that shares every unchanged route, and is put in
place by one reference assignment, so a request sees one table from its first step to its last and
what was made under a table can be recognised as out of date by its version.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Final

from gateway.protocol.trace_context import UNREAD
from gateway.services.addresses import NOBODY
from shared.service.names import base_path
from shared.service.scaling.waking import NOBODY as NOBODY_SPARED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.memory import Memory
    from gateway.protocol.reasons import Refusal
    from gateway.protocol.responses import Answer
    from gateway.protocol.trace_context import Parent
    from gateway.services.addresses import Public
    from gateway.services.limiter import Limiter
    from gateway.services.spec import ServiceSpec
    from gateway.services.state import ServiceState

MANAGEMENT: Final = "_management"
"""Name of the ordinary route to the management API; no service can be called so."""


@dataclass(slots=True, eq=False)
class Grant:
    """What lets requests in: a token, or that none is asked for. Routes share it until a change of
    the definition shuts those out whom it let in."""

    ends: float = inf
    """Monotonic seconds at which tunnels and streams must be over that began under it."""


@dataclass(slots=True, eq=False)
class Route:
    """A definition together with its service's running state, and what is made from the two once.

    A changed definition makes a new route, so what is kept here needs no other care.
    """

    spec: ServiceSpec
    state: ServiceState
    plans: Memory[Any, Plan]
    """Plans of requests, by what they follow from."""
    grant: Grant
    limiter: Limiter | None = None
    """Whether one more request is taken of a caller; None: the service has no rate limit."""
    prefix: bytes = field(init=False)
    """`/system/services/<name>/exposed`; empty for the management route."""
    strips: bool = field(init=False)
    """The pod sees paths without the prefix."""
    by_session: bool = field(init=False)
    """Credentials may come in the query or in a cookie."""
    shields: bool = field(init=False)
    """What proves something to others is kept from its pods."""
    spares: bool = field(init=False)
    """Some requests do not wake its service."""
    straight: bool = field(init=False)
    """Its slots are counted here alone, and none of its requests is refused for their number."""
    first_byte: float = field(init=False)
    idle: float = field(init=False)
    body: float = field(init=False)
    """Time-outs of the definition in seconds, `inf` where they are off."""

    def __post_init__(self) -> None:
        managed = self.spec.name == MANAGEMENT
        self.prefix = b"" if managed else base_path(self.spec.name).encode("ascii")
        self.strips = not managed and not self.spec.rewrite_target
        self.shields = not managed
        self.spares = self.spec.wake_except != NOBODY_SPARED
        self.straight = self.limiter is None and self.state.admission.slots is None
        self.by_session = self.spec.set_auth and self.spec.auth_type == "forward"
        self.first_byte = self.spec.timeouts.first_byte or inf
        self.idle = self.spec.timeouts.idle or inf
        streams = self.spec.protocol == "grpc"  # a stream is silent as long as it has to be
        self.body = inf if streams else self.spec.timeouts.body or inf


@dataclass(frozen=True, slots=True, eq=False)
class RouteTable:
    """All routes at one moment. `routes` is keyed by service name as it stands in a path."""

    nowhere: Route
    """Stands for the service of requests that match none: it has counts, and no pod."""
    routes: Mapping[bytes, Route] = field(default_factory=dict)
    management: Route | None = None
    digests: frozenset[bytes] = frozenset()
    """SHA-256 of every service's token."""
    version: object = field(default_factory=object)
    """Stands for this table where one is remembered, so that old tables are not kept."""

    def changed(self, routes: Mapping[str, Route | None]) -> RouteTable:
        """The table after `routes` were put in place (None removes one); costs one dict copy."""
        merged = dict(self.routes)
        for name, route in routes.items():
            key = name.encode("ascii")
            if route is None:
                merged.pop(key, None)
            else:
                merged[key] = route
        digests = frozenset(route.spec.digest for route in merged.values()) - {b""}
        return RouteTable(self.nowhere, merged, self.management, digests)

    def find(self, name: str) -> Route | None:
        """The route of service `name`."""
        return self.routes.get(name.encode("utf-8"))


@dataclass(slots=True, eq=False)
class Plan:
    """What to do with requests that have the same special fields."""

    route: Route
    """`RouteTable.nowhere` when no service matches."""
    method: bytes = b""
    label: str = "OTHER"
    """The method as a label of metrics."""
    minor: int = 1
    service: str = ""
    answer: Refusal | Answer | None = None
    """What the gateway answers itself; None when a pod shall answer."""
    chunked: bool = False
    keep: bool = False
    """The client can use its connection again."""
    head_only: bool = False
    upgrade: bool = False
    expects: bool = False
    """The client waits for 100 (Continue) before it sends the body (RFC 9110, section 10.1.1)."""
    repeatable: bool = False
    """The request may be sent twice (RFC 9110, section 9.2.2)."""
    uses_up: bool = False
    """The pod's connection is good for nobody after this request: a body may follow where none may
    be (HEAD), or the connection is what is logged in (NTLM)."""
    usual: bool = False
    """The response's head can be taken as it is prepared for everyone."""
    straight: bool = False
    """Nothing about it hinders the straight way (`dataplane.straight`)."""
    public: Public = NOBODY
    """The service as this client sees it."""
    forwarded_for: bytes = b""
    """X-Forwarded-For of a trusted proxy, where the service has a rate limit."""
    caller: bytes = b""
    """SHA-256 of the secret in Authorization, there as well."""
    affinity: str = ""
    """Mark of the pod that the client's cookie names."""
    cors: bytes = b""
    """Lines for the response, by the cross-origin policy; they replace the pod's own."""
    session: bytes = b""
    """Value of Set-Cookie for the response: the client brought its token in the query."""
    credential: bytes = b""
    """SHA-256 of the secret in an Authorization that goes to the pod as it came. It was nobody's
    when the plan was made; should it become some service's token, the plan is out of date."""
    dropped: list[bytes] = field(default_factory=list)
    """Names of plain fields that Connection lists."""
    start: bytes = b""
    line_end: bytes = b""
    """End of the pod's request line, and Host, which should come first."""
    rest: bytes | None = None
    """What the path below the prefix became, when a token was taken out of its query."""
    fields: bytes = b""
    """Lines for the pod, to be followed by the connection's `forwarded` and by `tail`."""
    tail: bytes = b""


class Request:
    """A plan with what one head adds to it. Attributes of the class are the usual case."""

    length: int = 0
    """Bytes of the body; without meaning when the plan is chunked."""
    id_line: bytes = b""
    """The line of the client's X-Request-Id; empty: one is made for each exchange."""
    spared: bool = False
    """It wakes no service that sleeps, by the service's definition."""
    head: bytes = b""
    """The head for the pod as far as `Plan.fields`, which it includes."""
    parent: Parent | None = UNREAD
    """The caller's span, when spans are recorded and somebody has looked."""
    answer: Refusal | Answer | None = None
    """As in the plan, or what is wrong with this head only."""

    def __init__(self, plan: Plan, raw: bytes, table: RouteTable) -> None:
        self.plan = plan
        self.raw = raw
        self.version = table.version
        self.answer = plan.answer

    def headed(self, head: bytes) -> Request:
        """The same, with another head for its pod."""
        other = Request.__new__(Request)
        other.__dict__ |= self.__dict__
        other.head = head
        return other

    def equals(self, other: Request) -> bool:
        """Whether the same will be done with both."""
        return all(getattr(self, name) == getattr(other, name) for name in _SAID)

    @property
    def target(self) -> bytes:
        """As the client wrote it; empty when its head was not understood."""
        return self.raw.split(b" ", 2)[1] if self.plan.method else b""


_SAID: Final = ("plan", "raw", "version", "answer", "length", "id_line", "spared", "head")
