"""From a head's bytes to what is done with it."""

from __future__ import annotations

import hashlib
from ipaddress import ip_network
from typing import Any

import pytest

from gateway.limits import Identity, Limits
from gateway.protocol.reasons import Refusal
from gateway.protocol.responses import ALLOW, Answer
from gateway.routing.compose import Profile
from gateway.routing.cors import Cors
from gateway.routing.planner import PASSES, Planner
from gateway.services.registry import Services
from gateway.services.route import Request
from gateway.services.spec import ServiceSpec
from gateway.stats import Stats

TOKEN = b"0123456789abcdef" * 4
DIGEST = hashlib.sha256(TOKEN).digest()
E = b"/system/services/app/exposed"
STRANGER = Profile()
TRUSTED = Profile(b"http", trusted=True)


class Desk:
    """A planner and a table with one service."""

    def __init__(self, cors: Cors | None = None, body: int = 0, **spec: Any) -> None:
        limits = Limits(body=body)
        self.services = Services(limits, Stats())
        self.services.define([ServiceSpec("app", **spec)])
        self.services.manage([("127.0.0.1", 1)])
        identity = Identity(trusted=(ip_network("10.0.0.0/8"),))
        self.planner = Planner(limits, identity, cors or Cors())

    def raw(self, raw: bytes, profile: Profile = STRANGER) -> Request:
        first = self.planner.request(raw, profile, self.services.table)
        for _ in range(2):  # a remembered plan must say the same
            again = self.planner.request(raw, profile, self.services.table)
            assert (again.head, again.answer, again.length) == (
                first.head,
                first.answer,
                first.length,
            )
        return first

    def get(
        self,
        rest: bytes = b"/",
        *lines: bytes,
        method: bytes = b"GET",
        version: bytes = b"1.1",
        profile: Profile = STRANGER,
    ) -> Request:
        start = method + b" " + E + rest + b" HTTP/" + version
        return self.raw(b"\r\n".join((start, b"Host: gw.test", *lines, b"", b"")), profile)


def sent(request: Request) -> list[bytes]:
    """The lines the pod would get from a client at 1.2.3.4."""
    assert request.answer is None
    whole = request.head + b"1.2.3.4\r\nForwarded: for=1.2.3.4" + request.plan.tail
    return whole.split(b"\r\n")[:-1]


def reason(request: Request) -> str:
    assert isinstance(request.answer, Refusal), request.answer
    return request.answer.reason


def test_a_plain_request() -> None:
    assert sent(Desk().get(b"/a?b", b"Accept: */*")) == [
        b"GET /a?b HTTP/1.1",
        b"Host: gw.test",
        b"Accept: */*",
        b"Via: 1.1 oscar-gateway",
        b"X-Forwarded-Proto: http",
        b"X-Forwarded-Host: gw.test",
        b"X-Forwarded-Prefix: " + E,
        b"X-Forwarded-For: 1.2.3.4",
        b"Forwarded: for=1.2.3.4;proto=http;host=gw.test",
    ]


def test_with_rewrite_target_the_path_stays() -> None:
    lines = sent(Desk(rewrite_target=True).get(b"/a//b?c"))
    assert lines[0] == b"GET " + E + b"/a//b?c HTTP/1.1"
    assert not [line for line in lines if line.startswith(b"X-Forwarded-Prefix")]


def test_management_is_an_ordinary_route() -> None:
    request = Desk(set_auth=True).raw(
        b"GET /system/services?a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic x\r\n\r\n"
    )
    lines = sent(request)
    assert lines[0] == b"GET /system/services?a HTTP/1.1"
    assert b"Authorization: Basic x" in lines
    assert request.plan.service == "_management"


def test_management_alone_says_which_pages_may_read_it() -> None:
    """Pages that may call services are not those that may read their tokens."""
    desk = Desk(cors=Cors(origins=("https://page.test",)))
    asked = b"Origin: https://page.test\r\nAccess-Control-Request-Method: PUT\r\n\r\n"
    for method in (b"OPTIONS", b"GET"):
        request = desk.raw(method + b" /system/services HTTP/1.1\r\nHost: h\r\n" + asked)
        assert b"Origin: https://page.test" in sent(request)
        assert (request.plan.answer, request.plan.cors) == (None, b"")


def test_fields_of_one_hop_stay_here() -> None:
    lines = sent(
        Desk().get(
            b"/",
            b"Connection: close, X-Mine, Cookie, X-Forwarded-For, Host",
            b"X-Mine: 1",
            b"Cookie: a=b",
            b"Keep-Alive: 5",
            b"TE: trailers",
            b"Trailer: x",
            b"Upgrade: h2c",
            b"HTTP2-Settings: x",
            b"Proxy: http://evil",
            b"Proxy-Authorization: x",
            b"Proxy-Connection: x",
        )
    )
    assert lines[:3] == [b"GET / HTTP/1.1", b"Host: gw.test", b"Via: 1.1 oscar-gateway"]
    assert b"X-Forwarded-For: 1.2.3.4" in lines


FORWARDED = (
    b"X-Forwarded-For: 9.9.9.9",
    b"X-Forwarded-For: 8.8.8.8",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Host: public.test:8443",
    b"X-Forwarded-Prefix: /outer/",
    b"X-Forwarded-Port: 8443",
    b"X-Real-Ip: 9.9.9.9",
    b"Forwarded: for=9.9.9.9",
    b"X_Forwarded_For: 7.7.7.7",
)


def test_forwarded_fields_of_strangers_are_dropped() -> None:
    assert sent(Desk().get(b"/", *FORWARDED)) == sent(Desk().get())


def test_forwarded_fields_of_trusted_peers_are_extended() -> None:
    assert sent(Desk().get(b"/", *FORWARDED, profile=TRUSTED))[3:] == [
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Host: public.test:8443",
        b"X-Forwarded-Prefix: /outer" + E,
        b"X-Real-Ip: 9.9.9.9",
        b"X-Forwarded-Port: 8443",
        b"Forwarded: for=9.9.9.9",
        b"X-Forwarded-For: 9.9.9.9, 8.8.8.8, 1.2.3.4",
        b'Forwarded: for=1.2.3.4;proto=https;host="public.test:8443"',
    ]


def test_absolute_form_overrides_host() -> None:
    request = Desk().raw(b"GET http://other.test" + E + b"/x HTTP/1.1\r\nHost: h\r\n\r\n")
    assert sent(request)[:2] == [b"GET /x HTTP/1.1", b"Host: other.test"]


def test_http_1_0_needs_no_host() -> None:
    request = Desk().raw(b"GET " + E + b"/ HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")
    assert sent(request)[:3] == [b"GET / HTTP/1.1", b"Host: app", b"Via: 1.0 oscar-gateway"]
    assert not request.plan.keep


@pytest.mark.parametrize(
    ("version", "connection", "keep"),
    [
        (b"1.1", b"keep-alive", True),
        (b"1.1", b"Close", False),
        (b"1.1", b"x, close", False),
        (b"1.0", b"Keep-Alive", True),
        (b"1.0", b"close", False),
    ],
)
def test_keeping(version: bytes, connection: bytes, keep: bool) -> None:
    request = Desk().get(b"/", b"Connection: " + connection, version=version)
    assert request.plan.keep is keep


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 1", b"Transfer-Encoding: chunked"),
        (b"Content-Length: 1", b"Content-Length: 1"),
        (b"Content-Length: 1, 1",),
        (b"Content-Length: +1",),
        (b"Content-Length:",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: identity",),
        (b"Transfer-Encoding : chunked",),
        (b"Host: two",),
        (b"Connection: upgrade", b"Upgrade: websocket", b"Content-Length: 5"),
        (b"Connection: upgrade", b"Upgrade: websocket", b"Transfer-Encoding: chunked"),
    ],
)
def test_ambiguous_requests_are_refused_and_the_connection_closed(lines: tuple[bytes, ...]) -> None:
    request = Desk().get(b"/", *lines)
    assert reason(request) == "bad_request"
    assert not request.plan.keep


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"GET " + E + b"/ HTTP/1.1\r\n\r\n", "bad_request"),
        (b"GET " + E + b"/ HTTP/1.1\r\nHost:\r\n\r\n", "bad_request"),
        (b"GET " + E + b"/ HTTP/1.1\r\nHost: a b\r\n\r\n", "bad_request"),
        (b"GET x HTTP/1.1\r\nHost: h\r\n\r\n", "bad_request"),
        (b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "not_implemented"),
        (b"TRACE " + E + b"/ HTTP/1.1\r\nHost: h\r\n\r\n", "method_not_allowed"),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "not_found"),
        (b"GET /system/services/no/exposed/ HTTP/1.1\r\nHost: h\r\n\r\n", "unknown_service"),
        (b"GET " + E + b"/../ HTTP/1.1\r\nHost: h\r\n\r\n", "bad_path"),
        (b"GET " + E + b"/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x, chunked\r\n\r\n", "not_implemented"),  # noqa: E501
    ],
)  # fmt: skip
def test_refusals(raw: bytes, expected: str) -> None:
    assert reason(Desk().raw(raw)) == expected


def test_the_bare_prefix_is_redirected() -> None:
    answer = Desk().get(b"?a=b").answer
    assert isinstance(answer, Answer)
    assert answer.status == 308
    assert b"Location: " + E + b"/?a=b\r\n" in answer.lines


def test_options_that_end_here() -> None:
    star = Desk().raw(b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").answer
    assert star == ALLOW
    last = Desk().get(b"/", b"Max-Forwards: 0", method=b"OPTIONS").answer
    assert last == star
    assert b"Max-Forwards: 4" in sent(Desk().get(b"/", b"Max-Forwards: 5", method=b"OPTIONS"))
    assert reason(Desk().get(b"/", b"Max-Forwards: x", method=b"OPTIONS")) == "bad_request"


def test_circles_are_broken() -> None:
    via = [b"Via: 1.1 Oscar-Gateway"] * (PASSES - 1)
    assert b"Via: " + b", ".join(one[5:] for one in [*via, b"Via: 1.1 oscar-gateway"]) in sent(
        Desk().get(b"/", *via)
    )
    assert reason(Desk().get(b"/", *via, via[0])) == "loop"


def test_identities_of_the_client_pass_when_they_are_sound() -> None:
    good = Desk().get(b"/", b"X-Request-Id: my-id")
    assert good.id_line == b"X-Request-Id: my-id\r\n"
    bad = Desk().get(b"/", b"X-Request-Id: a b")
    assert bad.id_line == b""
    assert sent(bad) == sent(Desk().get())


@pytest.mark.parametrize(
    "line",
    [
        b"traceparent: 00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01",
        b"traceparent: x",
        b"Traceparent: 00-1",
        b"tracestate: a=1,b=2",
        b"baggage: user=1",
        b"b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1",
        b"X-B3-Sampled: 0",
        b"uber-trace-id: 1:2:0:1",
        b"X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678",
        b"X-Cloud-Trace-Context: 105445aa7843bc8bf206b12000100000/1;o=1",
    ],
)
def test_trace_fields_pass_as_they_came(line: bytes) -> None:
    """Whether a trace goes on, and how, is between the client and the application."""
    assert line in sent(Desk().get(b"/", line))


def test_bodies() -> None:
    desk = Desk(body=100)
    request = desk.get(b"/", b"Content-Length: 100", method=b"POST")
    assert request.length == 100
    assert b"Content-Length: 100" in sent(request)
    assert reason(desk.get(b"/", b"Content-Length: 101", method=b"POST")) == "body_too_large"
    chunked = desk.get(b"/", b"Transfer-Encoding: CHUNKED", method=b"POST")
    assert chunked.plan.chunked
    assert b"Transfer-Encoding: chunked" in sent(chunked)


def test_upgrades() -> None:
    request = Desk().get(b"/", b"Connection: keep-alive, Upgrade", b"Upgrade: websocket")
    assert request.plan.upgrade
    assert b"Connection: upgrade" in sent(request)
    assert b"Upgrade: websocket" in sent(request)
    for lines, method in (
        ((b"Connection: upgrade", b"Upgrade: h2c"), b"GET"),
        ((b"Connection: upgrade", b"Upgrade: websocket"), b"POST"),
        ((b"Upgrade: websocket",), b"GET"),
        ((b"Connection: upgrade",), b"GET"),
    ):
        request = Desk().get(b"/", *lines, method=method)
        assert not request.plan.upgrade
        assert not [line for line in sent(request) if line.lower().startswith(b"upgrade")]


def test_used_credentials_are_stripped_and_others_pass() -> None:
    bearer = b"Authorization: Bearer " + TOKEN
    assert bearer not in sent(Desk(set_auth=True, digest=DIGEST).get(b"/", bearer))
    assert bearer in sent(Desk().get(b"/", bearer))
    assert reason(Desk(set_auth=True, digest=DIGEST).get()) == "unauthorized"


def test_a_token_in_the_query_becomes_a_session() -> None:
    desk = Desk(set_auth=True, auth_type="forward", digest=DIGEST)
    page = b"/page?a=1&token=" + TOKEN + b"&b=2"
    answer = desk.get(page, b"Accept: text/html").answer
    assert isinstance(answer, Answer)
    assert answer.status == 302
    assert b"Location: " + E + b"/page?a=1&b=2\r\n" in answer.lines
    assert b"\r\nSet-Cookie: oscar_service_app_auth=" + TOKEN + b"; Path=" + E in answer.lines
    assert b"Secure" not in answer.lines
    program = desk.get(page)
    assert sent(program)[0] == b"GET /page?a=1&b=2 HTTP/1.1"
    assert program.plan.session.startswith(b"oscar_service_app_auth=" + TOKEN)
    cookie = b"Cookie: x=y; oscar_service_app_auth=" + TOKEN
    assert b"Cookie: x=y" in sent(desk.get(b"/", cookie))
    other = desk.get(b"/?token=" + TOKEN + b"&a=1", method=b"POST")
    assert sent(other)[0] == b"POST /?a=1 HTTP/1.1"
    assert reason(desk.get(b"/?token=" + TOKEN[::-1])) == "unauthorized"
    assert reason(desk.get()) == "unauthorized"


def test_stopped_services_say_so_to_those_who_may_know() -> None:
    desk = Desk(set_auth=True, digest=DIGEST, stopped=True)
    assert reason(desk.get()) == "unauthorized"
    assert reason(desk.get(b"/", b"Authorization: Bearer " + TOKEN)) == "stopped"


def test_preflights_are_answered_before_credentials() -> None:
    desk = Desk(cors=Cors(origins=("https://ui.test",)), set_auth=True, digest=DIGEST)
    asked = (b"Origin: https://ui.test", b"Access-Control-Request-Method: PUT")
    preflight = desk.get(b"/", *asked, method=b"OPTIONS")
    assert isinstance(preflight.answer, Answer)
    assert b"Access-Control-Allow-Methods: " in preflight.answer.lines
    assert b"Access-Control-Allow-Origin: https://ui.test" in preflight.plan.cors
    refused = desk.get(b"/", asked[0])
    assert reason(refused) == "unauthorized"
    assert b"Access-Control-Allow-Origin: https://ui.test" in refused.plan.cors
    assert b"Origin: https://ui.test" in sent(Desk().get(b"/", asked[0]))


def test_a_plan_is_as_old_as_its_route() -> None:
    desk = Desk(set_auth=True, digest=DIGEST)
    bearer = b"Authorization: Bearer " + TOKEN
    assert desk.get(b"/", bearer).answer is None
    desk.services.define([ServiceSpec("app", set_auth=True, digest=b"\0" * 32)])
    assert reason(desk.get(b"/", bearer)) == "unauthorized"


def test_profiles_do_not_share_plans() -> None:
    desk = Desk()
    strange = sent(desk.get(b"/", *FORWARDED))
    assert sent(desk.get(b"/", *FORWARDED, profile=TRUSTED)) != strange
    assert sent(desk.get(b"/", *FORWARDED)) == strange
    assert b"X-Forwarded-Proto: https" in sent(desk.get(profile=Profile(b"https")))
