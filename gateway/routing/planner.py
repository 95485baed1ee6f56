"""From the bytes of a request head to everything the gateway will do with it.

A `Plan` follows from the fields that mean something to a proxy and from the service, so nearly all
requests of a client share one; a `Request` is a plan with the bytes of one head. Both are
remembered: plans by those fields, at their route (a new definition or token makes a new route, and
so new plans), requests by the whole head, for one route table. What is fresh in each exchange (its
id) and in each connection (the client's address) is left open in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.protocol import headers
from gateway.protocol.challenges import logs_in
from gateway.protocol.framing import check_coding, parse_length
from gateway.protocol.http1 import (
    ProtocolError,
    fields,
    parse_request,
    resolve_target,
    tokens,
    valid_host,
)
from gateway.protocol.ids import id_line
from gateway.protocol.reasons import Refusal
from gateway.protocol.responses import ALLOW, redirect
from gateway.routing import auth, compose, foreign, session, stray
from gateway.routing.affinity import chosen
from gateway.routing.compose import Profile
from gateway.routing.cors import is_preflight
from gateway.routing.match import PathError, is_invocation, match, service_name
from gateway.routing.references import inward
from gateway.routing.vacancy import is_spared
from gateway.services.retry import IDEMPOTENT
from gateway.services.route import MANAGEMENT, Plan, Request
from gateway.stats import method_label
from shared.service.tokens import session_cookie

if TYPE_CHECKING:
    from gateway.limits import Identity, Limits
    from gateway.protocol.http1 import RequestHead
    from gateway.protocol.responses import Answer
    from gateway.routing.compose import Found
    from gateway.routing.cors import Cors
    from gateway.services.route import Route, RouteTable

PASSES: Final = 5
"""How often a request may come through this gateway. An application may well call another service
with the fields it was given, so one pass is no loop yet."""

_H2C: Final = frozenset({b"h2c", b"h2"})


class Planner:
    """Makes requests of heads; one for a gateway."""

    def __init__(self, limits: Limits, identity: Identity, cors: Cors) -> None:
        self._limits = limits
        self._cors = cors
        self._anyones = cors.fields(None)
        self._administrator = identity.administrator
        self._pseudonym = identity.via.encode("ascii")

    def request(self, raw: bytes, profile: Profile, table: RouteTable) -> Request:
        """The request whose head is `raw`, its empty line included; never raises for bad input."""
        try:
            head = parse_request(raw, self._limits)
            if profile.misplaced:
                return self._misplaced(raw, head, profile, table)
            try:
                found = match(table, head.target)
            except PathError:
                return self._unrouted(raw, head, profile, table)
            route, rest = found
            if route is None or rest[:1] != b"/":
                return self._unrouted(raw, head, profile, table)
            if route.by_session and foreign.MARK in rest:
                plan = self._plan(raw, head, route, rest, profile, table)  # it depends on the query
                rest = rest if plan.rest is None else plan.rest
            else:
                key = (profile, head.method, head.minor, *head.special)
                known = route.plans.get(key)
                if known is None or known.credential in table.digests:
                    known = self._plan(raw, head, route, rest, profile, table)
                    if known.answer is None:
                        route.plans.remember(key, known, 3 * sum(map(len, head.special)))
                plan = known
            return self._finish(plan, raw, head, rest, table)
        except ProtocolError as error:
            plan = Plan(table.nowhere, answer=Refusal(error.reason, error.detail))
            plan.cors = self._cors.fields(headers.origin(raw))
            return Request(plan, raw, table)

    def _unrouted(
        self, raw: bytes, head: RequestHead, profile: Profile, table: RouteTable
    ) -> Request:
        """The rarer paths: absolute form, redirects, refusals."""
        special = fields(head.special)
        target = resolve_target(head.target, special, head.method)
        if target is not head.target:
            head.target = target
            head.special = [b"Host: " + special[b"host"], *_others(head.special)]
        try:
            route, rest = match(table, target)
        except PathError as error:
            plan = self._draft(head, special, table.nowhere, profile)
            plan.answer = plan.answer or Refusal("bad_path", str(error))
            return self._finish(plan, raw, head, b"", table)
        plan = self._draft(head, special, route or table.nowhere, profile)
        plan.service = service_name(target)
        if plan.answer is None:
            if target == b"*":
                plan.answer = ALLOW
            elif route is None and (managed := self._invoked(plan, raw, target, table)):
                plan = self._plan(raw, head, managed, target, profile, table)
                rest = target
            elif route is None:
                plan.answer = self._missing(plan, raw, target, table)
            elif (direct := _direct(route, rest, plan, special)) is not None:
                plan = self._plan(raw, head, route, direct, profile, table)
                rest = direct if plan.rest is None else plan.rest
            else:
                plan.answer = redirect(308, plan.public.path + b"/" + rest)
        return self._finish(plan, raw, head, rest, table)

    def _misplaced(
        self, raw: bytes, head: RequestHead, profile: Profile, table: RouteTable
    ) -> Request:
        """Plain HTTP on the port of TLS; the query, which may hold a token, is not repeated."""
        special = fields(head.special)
        plan = self._draft(head, special, table.nowhere, profile)
        path = head.target.partition(b"?")[0] if head.target[:1] == b"/" else b"/"
        url = (plan.public.authority or b"<this host>") + path
        plan.answer = Refusal("plain_http", f"https://{url.decode('latin-1')}")
        return self._finish(plan, raw, head, b"", table)

    def _invoked(self, plan: Plan, raw: bytes, target: bytes, table: RouteTable) -> Route | None:
        """The services API, if OSCAR's `/run/x` is meant, and no page of a service its own."""
        if is_invocation(target) and stray.origin_route(raw, plan.public, table) is None:
            return table.management
        return None

    def _missing(self, plan: Plan, raw: bytes, target: bytes, table: RouteTable) -> Refusal:
        """Why nothing is at `target`."""
        if plan.service:
            return Refusal("unknown_service")
        left = stray.origin_route(raw, plan.public, table)
        if left is None:
            return Refusal("not_found")
        plan.service = left.spec.name
        return stray.refusal(left, plan.public, plan.method, target)

    def _draft(self, head: RequestHead, special: Found, route: Route, profile: Profile) -> Plan:
        """A plan as far as it does not depend on the service."""
        options = tokens(special[b"connection"]) if b"connection" in special else []
        plan = Plan(route, head.method, method_label(head.method.decode("ascii")), head.minor)
        host = special.get(b"host", b"")
        if not valid_host(host) and (host or head.minor):
            raise ProtocolError("Host is missing or not valid")
        plan.public = compose.public(special, route, profile, host)
        if b"transfer-encoding" in special:
            check_coding(special[b"transfer-encoding"], head.minor)
            plan.chunked = True
        plan.head_only = head.method == b"HEAD"
        plan.uses_up = plan.head_only or logs_in(special.get(b"authorization", b""))
        plan.repeatable = head.method in IDEMPOTENT
        plan.keep = b"close" not in options if head.minor else b"keep-alive" in options
        plan.upgrade = b"upgrade" in options and _wants_upgrade(head, special)
        plan.dropped = headers.listed(options)
        plan.answer = self._own_answer(head.method, special)
        if route.spec.name != MANAGEMENT:  # which has a list of its own, and a shorter one
            self._share(plan, special)
        if head.minor == 0:
            special.pop(b"expect", None)  # nothing can be said to it before the response
        plan.expects = special.get(b"expect", b"").lower() == b"100-continue"
        return plan

    def _share(self, plan: Plan, special: Found) -> None:
        """What pages of other origins may read of the answer; preflights are answered here."""
        origin = special.get(b"origin")
        plan.cors = self._anyones
        if plan.cors and origin is not None:
            plan.cors = self._cors.fields(origin)
            if _is_preflight(plan.method, special):
                plan.answer = plan.answer or self._cors.preflight(origin)

    def _own_answer(self, method: bytes, special: Found) -> Refusal | Answer | None:
        if method == b"CONNECT":
            return Refusal("not_implemented", "CONNECT")
        if method == b"TRACE":
            return Refusal("method_not_allowed")
        if b"max-forwards" in special and method == b"OPTIONS":
            hops = special[b"max-forwards"]
            if not hops.isdigit() or len(hops) > 9:
                raise ProtocolError("Max-Forwards is not a number")
            if int(hops) == 0:
                return ALLOW
            special[b"max-forwards"] = b"%d" % (int(hops) - 1)
        seen = special.get(b"via", b"").lower().count(b" " + self._pseudonym.lower())
        return Refusal("loop") if seen >= PASSES else None

    def _plan(
        self,
        raw: bytes,
        head: RequestHead,
        route: Route,
        rest: bytes,
        profile: Profile,
        table: RouteTable,
    ) -> Plan:
        """The plan for a request to a service: who may pass, and with which fields."""
        special = fields(head.special)
        plan = self._draft(head, special, route, profile)
        plan.service = route.spec.name
        if route.limiter is not None:
            _identify(plan, special, profile)
        usual = plan.keep and head.minor == 1 and not plan.head_only
        usual = usual and plan.cors == self._anyones
        plan.usual = usual and not route.spec.affinity and route.shields
        if plan.answer is None:
            plan.answer = self._authorise(plan, raw, rest, special)
        if plan.answer is None:
            if route.shields:
                self._withhold(plan, special, table)
            self._compose(plan, special, profile)
        straight = plan.usual and not (plan.chunked or plan.upgrade or plan.uses_up)
        plan.straight = straight and route.straight
        return plan

    def _authorise(
        self, plan: Plan, raw: bytes, rest: bytes, special: Found
    ) -> Refusal | Answer | None:
        route = plan.route
        path, _, query = rest.partition(b"?")
        verdict = auth.judge(
            route.spec, special.get(b"authorization"), special.get(b"cookie"), query
        )
        if not verdict.allowed:
            return Refusal("unauthorized")
        if verdict.authorization:
            del special[b"authorization"]
        if verdict.query is not None:
            plan.rest = path + b"?" + verdict.query if verdict.query else path
            plan.session = _session(plan, verdict.token)
            plan.usual = False
            if not plan.upgrade and session.moves(plan.method, raw):
                return redirect(302, plan.public.path + plan.rest, cookie=plan.session)
        if plan.upgrade and route.spec.protocol != "http1":
            return Refusal("no_upgrade", route.spec.protocol)
        return Refusal("stopped") if route.spec.stopped else None

    def _withhold(self, plan: Plan, special: Found, table: RouteTable) -> None:
        """Drop what proves something to others than the service."""
        given = special.get(b"authorization")
        if given is not None:
            secret = foreign.secret(given)
            if secret == plan.route.spec.digest:
                return  # its pods know it, and may ask for it themselves
            if secret in table.digests or foreign.is_administrators(given, self._administrator):
                del special[b"authorization"]
            else:
                plan.credential = secret

    def _finish(
        self, plan: Plan, raw: bytes, head: RequestHead, rest: bytes, table: RouteTable
    ) -> Request:
        """Join a plan with the rest of its head; `rest` is the path below the prefix."""
        request = Request(plan, raw, table)
        plain = head.plain
        if head.varying:
            self._vary(request, head.varying, plain)
        if head.addresses:
            plain += [inward(name, value, plan.public) for name, value in head.addresses]
        if plan.answer is None:
            if plan.dropped:
                plain = headers.without(plain, plan.dropped)
            route = plan.route
            if route.spares:
                request.spared = is_spared(route, raw, rest)
            if foreign.MARK in raw and route.shields:
                spared = b"" if route.by_session else route.spec.digest
                rest = foreign.without_tokens(rest, table.digests, spared)
                plain = foreign.cleaned(plain, table.digests, spared)
            target = rest if route.strips else route.prefix + rest
            plain.append(plan.fields)
            request.head = plan.start + target + plan.line_end + b"\r\n".join(plain)
        return request

    def _vary(self, request: Request, varying: Found, plain: list[bytes]) -> None:
        length = varying.get(b"content-length")
        if length is not None:
            if request.plan.chunked:
                raise ProtocolError("both Content-Length and Transfer-Encoding")
            count = request.length = parse_length(length)
            if count and request.plan.upgrade:
                raise ProtocolError("a body in a request to upgrade")
            if self._limits.body and count > self._limits.body:
                request.answer = Refusal("body_too_large", f"{count} bytes")
            plain.append(b"Content-Length: " + length)
        name = varying.get(b"x-request-id")
        if name is not None and headers.REQUEST_ID.fullmatch(name):
            request.id_line = id_line(name)

    def _compose(self, plan: Plan, special: Found, profile: Profile) -> None:
        for name in plan.dropped:
            special.pop(name, None)
        lines, plan.tail = compose.forwarded_lines(special, plan.public, profile)
        own = compose.own_fields(special, plan.service, upgrade=plan.upgrade, chunked=plan.chunked)
        plan.start = plan.method + b" "
        plan.line_end = b" HTTP/1.1\r\nHost: %b\r\n" % plan.public.host
        via = compose.via(special, plan.minor, self._pseudonym, profile.version)
        plan.fields = b"\r\n".join([*own, via, *lines])
        if plan.route.spec.affinity:
            plan.affinity = chosen(special.get(b"cookie"))


def _identify(plan: Plan, special: Found, profile: Profile) -> None:
    """Note whose requests these are, before what says so is used up."""
    if profile.trusted:
        plan.forwarded_for = special.get(b"x-forwarded-for", b"")
    if b"authorization" in special:
        plan.caller = foreign.secret(special[b"authorization"])


def _is_preflight(method: bytes, special: Found) -> bool:
    asked = special.get(b"access-control-request-method")
    return is_preflight(method, special.get(b"origin"), asked)


def _direct(route: Route, rest: bytes, plan: Plan, special: Found) -> bytes | None:
    """What follows the prefix in a request that goes to the pod; None for one that is redirected.

    Only the bare prefix is. Clients of WebSockets and browsers' preflights follow no redirect
    (RFC 6455, section 4.1; Fetch, section 4.8), and an application that is given its paths as they
    came knows what it serves at the bare prefix: some redirect the slash away again.
    """
    if rest[:1] == b"/" or not route.strips:
        return rest
    return b"/" + rest if plan.upgrade or _is_preflight(plan.method, special) else None


def _others(special: list[bytes]) -> list[bytes]:
    return headers.without(special, [b"host"])


def _wants_upgrade(head: RequestHead, special: Found) -> bool:
    """Only GET without a body is upgraded; HTTP/2 never is, it would pass by all checks here."""
    wanted = tokens(special.get(b"upgrade", b""))
    if head.minor == 0 or head.method != b"GET" or not wanted or not _H2C.isdisjoint(wanted):
        return False
    if b"transfer-encoding" in special:
        raise ProtocolError("a body in a request to upgrade")
    return True


def _session(plan: Plan, token: bytes) -> bytes:
    """The value of Set-Cookie that keeps a client signed in which brought a token in its URL."""
    public = plan.public
    return session_cookie(plan.service, token, public.path, secure=public.secure)
