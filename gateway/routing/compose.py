"""The fields of a request as the pod gets them, beside those that pass as they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.protocol import forwarded, headers
from gateway.protocol.authority import places
from gateway.services.addresses import Public
from gateway.services.route import MANAGEMENT
from shared.service.tokens import SESSIONS

if TYPE_CHECKING:
    from gateway.services.route import Route

Found = dict[bytes, bytes]
"""Values of the special fields of a request by lower-case name."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What plans need to know of the connection a request came on; one object for each kind."""

    scheme: bytes = b"http"
    trusted: bool = False
    """The peer is a proxy whose forwarded fields are believed."""
    misplaced: bool = False
    """It speaks plain HTTP to a port of TLS: nothing is done but say so."""
    version: bytes = b""
    """Of HTTP, for Via; empty: what the head says."""


_NOTED: Final = (
    (b"origin", b"Origin: "),
    (b"access-control-request-method", b"Access-Control-Request-Method: "),
    (b"expect", b"Expect: "),
    (b"max-forwards", b"Max-Forwards: "),
)
_TRUSTED: Final = (
    (b"x-real-ip", b"X-Real-Ip: "),
    (b"x-forwarded-port", b"X-Forwarded-Port: "),
    (b"forwarded", b"Forwarded: "),
)


def own_fields(found: Found, service: str, *, upgrade: bool, chunked: bool) -> list[bytes]:
    """Lines of fields that pass by a rule of their own: credentials the gateway did not use up
    (sessions are its own, whichever service they are for), and what of the hop by hop fields it
    speaks itself."""
    out = []
    if b"authorization" in found:
        out.append(b"Authorization: " + found[b"authorization"])
    if b"cookie" in found:
        cookie = found[b"cookie"]
        if service != MANAGEMENT:  # which answers for all services whether a session is good
            cookie = headers.cookies_without(cookie, SESSIONS)
        if cookie:
            out.append(b"Cookie: " + cookie)
    out += [prefix + found[name] for name, prefix in _NOTED if name in found]
    if chunked:
        out.append(b"Transfer-Encoding: chunked")
    if upgrade:
        out.append(b"Connection: upgrade\r\nUpgrade: " + found[b"upgrade"])
    return out


def via(found: Found, minor: int, pseudonym: bytes, version: bytes = b"") -> bytes:
    """The line of Via with this gateway added (RFC 9110, section 7.6.3); `version`: received by,
    if that was not HTTP/1."""
    earlier = found[b"via"] + b", " if b"via" in found else b""
    return b"Via: %b%b %b" % (earlier, version or b"1.%d" % minor, pseudonym)


def public(found: Found, route: Route, profile: Profile, host: bytes) -> Public:
    """The service as the client sees it; `host` is the Host field, checked, and may be empty."""
    scheme, authority, port, outer = profile.scheme, host, b"", b""
    if profile.trusted:
        scheme = forwarded.scheme(found, scheme)
        authority = forwarded.host(found, host)
        port = forwarded.port(found)
        outer = forwarded.prefix(found)
    given = authority or route.spec.name.encode("ascii")
    return Public(
        scheme,
        authority,
        given,
        outer,
        route.prefix,
        strips=route.strips,
        places=places(scheme, authority, authority + b":" + port if port else authority),
        inner=places(scheme, *(one for one in (host, given) if one != authority)),
    )


def forwarded_lines(found: Found, seen: Public, profile: Profile) -> tuple[list[bytes], bytes]:
    """The forwarded fields, as lines and what ends them.

    The last line is the beginning of X-Forwarded-For; each client connection has the bytes that go
    between it and the end (`headers.forwarded_for`).
    """
    believed = found if profile.trusted else {}
    lines = [b"X-Forwarded-Proto: " + seen.scheme, b"X-Forwarded-Host: " + seen.host]
    hidden = seen.path if seen.strips else seen.outer
    if hidden:
        lines.append(b"X-Forwarded-Prefix: " + hidden)
    lines += [prefix + believed[name] for name, prefix in _TRUSTED if name in believed]
    before = believed.get(b"x-forwarded-for")
    lines.append(b"X-Forwarded-For: " + (before + b", " if before else b""))
    return lines, b";proto=%b%b\r\n" % (seen.scheme, headers.forwarded_host(seen.host))
