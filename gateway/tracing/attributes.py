"""What a span tells of its request: OpenTelemetry's conventions for HTTP servers, and our own.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span. No field of a request
or an answer is told, and no query: they hold tokens and cookies.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gateway.access_log import redact
from gateway.protocol.authority import place
from gateway.protocol.reasons import REASONS
from gateway.stats import OTHER

if TYPE_CHECKING:
    from gateway.services.backend import Backend
    from gateway.services.route import Plan, Request
    from gateway.tracing.trace import Phase, Value

ROUTE: Final = "/system/services/{service}/exposed"
LONGEST_PATH: Final = 1024
"""Characters of a path: what waits for the collector must be bounded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended, as far as the request itself does not tell."""

    status: int
    reason: str
    """Of `gateway.protocol.reasons`; empty when all went well."""
    client: str
    """The address at the other end of the client's connection."""
    backend: Backend | None
    retries: int
    cold: bool
    """It waited for a pod, as there was none."""
    switched: bool
    """It became a tunnel."""
    request_id: str
    protocol: str = ""
    """What the client speaks; empty: HTTP/1, as its head says."""


def name(plan: Plan) -> str:
    """The name of a request's span: few, however many paths there are."""
    method = _method(plan)
    method = "HTTP" if method == "_OTHER" else method
    return f"{method} {ROUTE}" if plan.route.prefix else method


def failed(outcome: Outcome) -> bool:
    """Whether a request failed by a fault that is not its client's. That a service starts, and a
    browser is told so, is none."""
    reason = REASONS.get(outcome.reason)
    if outcome.reason == "starting":
        return False
    return outcome.status >= 500 or (reason is not None and reason.status >= 500)


def of_request(request: Request, outcome: Outcome) -> dict[str, Value]:
    """Those of a request's span."""
    plan = request.plan
    found: dict[str, Value] = {
        "http.request.method": _method(plan),
        "http.response.status_code": outcome.status,
        "url.scheme": plan.public.scheme.decode("ascii"),
        "url.path": path(request.target),
        "network.peer.address": outcome.client,
        "network.protocol.version": outcome.protocol.removeprefix("HTTP/") or f"1.{plan.minor}",
        "exposed.request_id": outcome.request_id,
        "exposed.retries": outcome.retries,
    }
    if plan.route.prefix:
        found["http.route"] = ROUTE
    found |= _server(plan.public.authority, plan.public.scheme)
    if plan.service and not plan.service.startswith("_"):
        found["exposed.service"] = plan.service
    if outcome.backend is not None:
        found["exposed.pod"] = outcome.backend.endpoint.pod or outcome.backend.label
    if outcome.cold:
        found["exposed.cold_start"] = True
    if outcome.switched:
        found["exposed.upgrade"] = True
    if outcome.reason:
        found["exposed.reason"] = found["error.type"] = outcome.reason
    elif outcome.status >= 500:
        found["error.type"] = str(outcome.status)
    return found


def of_phase(phase: Phase) -> dict[str, Value]:
    """Those of a phase's span."""
    found: dict[str, Value] = {}
    if phase.backend is not None:
        endpoint = phase.backend.endpoint
        found["network.peer.address"] = endpoint.address
        found["network.peer.port"] = endpoint.port
        found["exposed.pod"] = endpoint.pod or phase.backend.label
    if phase.error:
        found["error.type"] = phase.error
    return found


def path(target: bytes) -> str:
    """The path of a request's target, in whichever form it was sent; parameters of a path may hold
    a token as those of a query do."""
    if target[:1] != b"/":
        _, scheme, rest = target.partition(b"://")
        slash = rest.find(b"/")
        target = rest[slash:] if scheme and slash >= 0 else b""
    plain = target.partition(b"?")[0].partition(b"#")[0].decode("latin-1")
    return redact("?" + plain)[1 : LONGEST_PATH + 1]


@lru_cache(maxsize=256)
def _server(authority: bytes, scheme: bytes) -> dict[str, Value]:
    """Where the client takes the gateway to be; nearly all say the same."""
    where = place(authority, scheme)
    if where is None:
        return {}
    return {"server.address": where.host.decode("latin-1"), "server.port": where.port}


def _method(plan: Plan) -> str:
    return "_OTHER" if plan.label == OTHER else plan.label
