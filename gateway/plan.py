"""From the bytes of a request head to everything the gateway will do with it: a plan.

A plan holds for one route table and one kind of client connection. The same bytes give the same
plan, so plans are remembered (`gateway.memory`), and what is fresh in each request (its id, the
client's address) is left open in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gateway import auth, headers
from gateway.cors import is_preflight
from gateway.framing import CHUNKED, request_length
from gateway.http1 import ProtocolError, parse_request, tokens, valid_host
from gateway.reasons import Refusal
from gateway.responses import redirect
from gateway.routing import PathError, match
from gateway.stats import method_label

if TYPE_CHECKING:
    from gateway.cors import Cors
    from gateway.http1 import RequestHead
    from gateway.limits import Identity, Limits
    from gateway.routing import Match, Route, RouteTable

PASSES: Final = 5
"""How often a request may come through this gateway. An application may well call another service
with the fields it was given, so one pass is no loop yet."""

_ALLOW: Final = (
    b"HTTP/1.1 204 No Content\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n\r\n"
)
_H2C: Final = frozenset({b"h2c", b"h2"})


@dataclass(frozen=True, slots=True)
class Profile:
    """What plans need to know of the connection a request came on."""

    scheme: bytes = b"http"
    trusted: bool = False
    """The peer is a proxy whose forwarded fields are believed."""


@dataclass(slots=True, eq=False)
class Plan:
    """What to do with one request head."""

    raw: bytes
    table: RouteTable
    route: Route | None = None
    service: str = ""
    answer: Refusal | bytes | None = None
    """What the gateway answers itself; None when a pod shall answer."""
    method: bytes = b""
    label: str = "OTHER"
    """The method as a label of metrics."""
    target: bytes = b""
    minor: int = 1
    length: int = 0
    """Bytes of the body, or framing.CHUNKED."""
    keep: bool = False
    """The client can use its connection again."""
    head_only: bool = False
    upgrade: bool = False
    usual: bool = False
    """The response's head can be taken as it is prepared for everyone."""
    host: bytes = b""
    affinity: str = ""
    """Label of the pod that the client's cookie names."""
    cors: bytes = b""
    """Lines for the response; they replace the pod's own."""
    request_id: bytes = b""
    """The client's; empty: one is made for each request."""
    traced: bool = False
    """The client sent a traceparent."""
    head: bytes = b""
    """Request head for the pod, to be followed by the connection's `forwarded`, `tail`, the
    fields of the request id, and the empty line."""
    tail: bytes = b""


class Planner:
    """Makes plans; one for a gateway."""

    def __init__(self, limits: Limits, identity: Identity, cors: Cors) -> None:
        self._limits = limits
        self._cors = cors
        self._via = b"1.1 " + identity.via.encode("ascii")
        self._via_old = b"1.0 " + identity.via.encode("ascii")
        self._pseudonym = identity.via.encode("ascii").lower()

    def plan(self, raw: bytes, profile: Profile, table: RouteTable) -> Plan:
        """The plan for the head `raw` (with its empty line); never raises for bad input."""
        plan = Plan(raw, table)
        try:
            self._fill(plan, parse_request(raw, self._limits), profile)
        except ProtocolError as error:
            plan.answer = Refusal(error.reason, error.detail)
            plan.keep = False
        return plan

    def _fill(self, plan: Plan, head: RequestHead, profile: Profile) -> None:
        special = head.special
        plan.method = head.method
        plan.label = method_label(head.method.decode("ascii"))
        plan.head_only = head.method == b"HEAD"
        plan.target = head.target
        plan.minor = head.minor
        plan.length = request_length(special, head.minor)
        options = tokens(special[b"connection"]) if b"connection" in special else []
        plan.keep = b"close" not in options if head.minor else b"keep-alive" in options
        plan.host = special.get(b"host", b"")
        if not valid_host(plan.host) and (plan.host or head.minor):
            raise ProtocolError("Host is not valid")
        if b"upgrade" in special and b"upgrade" in options:
            plan.upgrade = _wants_upgrade(plan, head)
        plan.answer = self._own_answer(plan, head) or self._admit(plan, head, profile, options)
        plan.usual = plan.keep and plan.minor == 1 and not plan.head_only and not plan.cors

    def _own_answer(self, plan: Plan, head: RequestHead) -> Refusal | bytes | None:
        method = head.method
        if method == b"CONNECT":
            return Refusal("not_implemented", "CONNECT")
        if method == b"TRACE":
            return Refusal("method_not_allowed")
        if method == b"OPTIONS" and self._ends_here(head):
            return _ALLOW
        if self._passes(head.special.get(b"via")) >= PASSES:
            return Refusal("loop")
        return None

    def _ends_here(self, head: RequestHead) -> bool:
        """OPTIONS to the server itself, or not to be forwarded (RFC 9110, section 7.6.2)."""
        hops = head.special.get(b"max-forwards")
        if hops is not None and hops.isdigit():
            if int(hops) == 0:
                return True
            head.lines.append(b"Max-Forwards: %d" % (int(hops[:9]) - 1))
        return head.target == b"*"

    def _passes(self, via: bytes | None) -> int:
        return 0 if via is None else via.lower().count(b" " + self._pseudonym)

    def _admit(
        self, plan: Plan, head: RequestHead, profile: Profile, options: list[bytes]
    ) -> Refusal | bytes | None:
        """Route and authorise; compose the request for the pod if both go well."""
        try:
            found = match(plan.table, head.target)
        except PathError as error:
            return Refusal("bad_path", str(error))
        plan.service = found.name
        route = plan.route = found.route
        if route is None:
            return Refusal("unknown_service" if found.name else "not_found")
        if found.bare:
            return redirect(308, route.prefix + b"/" + found.rest, close=not plan.keep)
        answer = self._cross_origin(plan, head)
        if answer is not None:
            return answer
        path, _, query = found.rest.partition(b"?")
        special = head.special
        verdict = auth.judge(
            route.spec, special.get(b"authorization"), special.get(b"cookie"), query
        )
        if not verdict.allowed:
            return Refusal("unauthorized")
        if verdict.query is not None:
            again = path + b"?" + verdict.query if verdict.query else path
            if head.method in (b"GET", b"HEAD") and not plan.upgrade:
                return _start_session(plan, route, verdict.token, again, profile)
            found = replace(found, rest=again)
        if route.spec.stopped:
            return Refusal("stopped")
        if verdict.authorization:
            del special[b"authorization"]
        self._compose(plan, head, found, profile, options)
        return None

    def _cross_origin(self, plan: Plan, head: RequestHead) -> bytes | None:
        if not self._cors:
            return None
        origin = head.special.get(b"origin")
        requested = head.special.get(b"access-control-request-method")
        if origin is None:
            return None
        if is_preflight(head.method, origin, requested):
            return self._cors.preflight(origin)
        plan.cors = self._cors.fields(origin)
        return None

    def _compose(
        self,
        plan: Plan,
        head: RequestHead,
        found: Match,
        profile: Profile,
        options: list[bytes],
    ) -> None:
        route = plan.route
        assert route is not None
        spec = route.spec
        special = head.special
        lines = head.lines
        if len(options) > 1 or (options and options[0] not in _USUAL_OPTIONS):
            lines = _without_listed(head, special[b"connection"])
        target = route.prefix + found.rest if spec.rewrite_target else found.rest
        host = plan.host or spec.name.encode("ascii")
        out = [b"%b %b HTTP/1.1\r\nHost: %b" % (head.method, target, host), *lines]
        self._add_own(out, plan, special)
        forwarded = special if profile.trusted else {}
        scheme = headers.quoted_proto(forwarded.get(b"x-forwarded-proto"), profile.scheme)
        public = forwarded.get(b"x-forwarded-host", host)
        public = public if valid_host(public) else host
        out.append(b"X-Forwarded-Proto: %b\r\nX-Forwarded-Host: %b" % (scheme, public))
        if route.prefix and not spec.rewrite_target:
            prior = forwarded.get(b"x-forwarded-prefix", b"").rstrip(b"/")
            out.append(b"X-Forwarded-Prefix: " + prior + route.prefix)
        if b"forwarded" in forwarded:
            out.append(b"Forwarded: " + forwarded[b"forwarded"])
        if profile.trusted:
            out += [_line(name, value) for name, value in special.items() if name in _TRUSTED]
        before = forwarded.get(b"x-forwarded-for")
        out.append(b"X-Forwarded-For: " + (before + b", " if before else b""))
        plan.head = b"\r\n".join(out)
        plan.tail = b";proto=%b%b\r\n" % (scheme, headers.forwarded_host(public))
        self._identify(plan, special)
        if spec.affinity:
            plan.affinity = _chosen(special.get(b"cookie"))

    def _add_own(self, out: list[bytes], plan: Plan, special: dict[bytes, bytes]) -> None:
        """Append the fields that pass by a rule of their own."""
        if b"authorization" in special:
            out.append(b"Authorization: " + special[b"authorization"])
        if b"cookie" in special:
            cookie = special[b"cookie"]
            name = auth.session_name(plan.service)
            if name in cookie:
                cookie = headers.cookies_without(cookie, name)
            if cookie:
                out.append(b"Cookie: " + cookie)
        for name in _NOTED:
            if name in special:
                out.append(_line(name, special[name]))
        if plan.length == CHUNKED:
            out.append(b"Transfer-Encoding: chunked")
        elif b"content-length" in special:
            out.append(b"Content-Length: %d" % plan.length)
        if b"expect" in special and plan.minor:
            out.append(b"Expect: " + special[b"expect"])
        if plan.upgrade:
            out.append(b"Connection: upgrade\r\nUpgrade: " + special[b"upgrade"])
        own = self._via if plan.minor else self._via_old
        out.append(b"Via: " + (special[b"via"] + b", " if b"via" in special else b"") + own)

    def _identify(self, plan: Plan, special: dict[bytes, bytes]) -> None:
        request_id = special.get(b"x-request-id")
        if request_id is not None and headers.REQUEST_ID.fullmatch(request_id):
            plan.request_id = request_id
        trace = special.get(b"traceparent")
        if trace is not None and headers.TRACEPARENT.fullmatch(trace):
            plan.traced = True
            plan.tail += b"traceparent: " + trace + b"\r\n"


_USUAL_OPTIONS: Final = frozenset({b"keep-alive", b"close", b"upgrade"})
_NOTED: Final = (b"origin", b"access-control-request-method")
_TRUSTED: Final = frozenset({b"x-real-ip", b"x-forwarded-port", b"x-forwarded-server"})

AFFINITY: Final = b"oscar_affinity"
"""Cookie that names the pod a client was sent to, as `ip:port` in hexadecimal."""


def _line(name: bytes, value: bytes) -> bytes:
    return name.title() + b": " + value


def _without_listed(head: RequestHead, connection: bytes) -> list[bytes]:
    names = headers.listed(connection)
    for name in names:
        head.special.pop(name, None)
    return headers.without(head.lines, names) if names else head.lines


def _wants_upgrade(plan: Plan, head: RequestHead) -> bool:
    """Only GET without a body is upgraded; HTTP/2 never is, it would pass by all checks here."""
    wanted = tokens(head.special[b"upgrade"])
    if head.minor == 0 or head.method != b"GET" or not wanted or not _H2C.isdisjoint(wanted):
        return False
    if plan.length != 0:
        raise ProtocolError("a body in a request to upgrade")
    return True


def _start_session(plan: Plan, route: Route, token: bytes, rest: bytes, profile: Profile) -> bytes:
    """Send a browser to the same page without the token in its URL, with a session cookie."""
    secure = profile.scheme == b"https"
    cookie = auth.session_cookie(route.spec.name, token, route.prefix, secure=secure)
    return redirect(302, route.prefix + rest, cookie=cookie, close=not plan.keep)


def _chosen(cookie: bytes | None) -> str:
    for value in headers.cookies(cookie, AFFINITY) if cookie is not None else []:
        try:
            return bytes.fromhex(value.decode("ascii")).decode("ascii")
        except ValueError:
            continue
    return ""


_ACCEPT = re.compile(rb"\r\naccept:[ \t]*([^\r]*)", re.IGNORECASE)
_USER_AGENT = re.compile(rb"\r\nuser-agent:[ \t]*([^\r]*)", re.IGNORECASE)


def accept(raw: bytes) -> str:
    """The Accept field of a head, for an answer of the gateway's own."""
    found = _ACCEPT.search(raw)
    return found[1].decode("latin-1") if found else ""


def user_agent(raw: bytes) -> str:
    """The User-Agent field of a head, for the access log."""
    found = _USER_AGENT.search(raw)
    return found[1].decode("latin-1") if found else ""
