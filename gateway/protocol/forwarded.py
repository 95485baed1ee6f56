"""What a trusted proxy says of the request it got: X-Forwarded-*, and Forwarded (RFC 7239). Pure.

The planner gives it the fields of a peer that is believed, and none of any other. Several lines of
a field are one list, as everywhere in HTTP; each proxy adds to its end, so its first member is the
client's side. What is not understood counts as not said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gateway.protocol.http1 import valid_host

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMES: Final = {b"http": b"http", b"https": b"https", b"ws": b"http", b"wss": b"https"}
"""Traefik and others name the scheme of a WebSocket; what counts is whether it is encrypted."""
_PORT: Final = re.compile(rb"[0-9]{1,5}")
_PREFIX: Final = re.compile(rb"(?:/[A-Za-z0-9._~!$&'()*+=:@%-]+)*")
_STEPS: Final = re.compile(rb"/(?:\.|%2e){1,2}(?:/|\Z)", re.IGNORECASE)
_PAIR: Final = re.compile(
    rb'[ \t]*(?:([A-Za-z0-9-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,"\s]*)))?[ \t]*(;|,|\Z)'
)


def scheme(found: Mapping[bytes, bytes], own: bytes) -> bytes:
    """`http` or `https`, as the client spoke to the first proxy; `own`, the connection's, when no
    proxy says."""
    if b"x-forwarded-proto" in found:
        named = _first(found[b"x-forwarded-proto"])
    else:
        named = element(found.get(b"forwarded", b"")).get(b"proto", b"")
    return _SCHEMES.get(named.lower(), own)


def host(found: Mapping[bytes, bytes], own: bytes) -> bytes:
    """`host` or `host:port` that the client asked for; `own`, of Host, when no proxy says."""
    if b"x-forwarded-host" in found:
        named = _first(found[b"x-forwarded-host"])
    else:
        named = element(found.get(b"forwarded", b"")).get(b"host", b"")
    return named if valid_host(named) else own


def port(found: Mapping[bytes, bytes]) -> bytes:
    """The port that the client connected to; empty when no proxy says."""
    named = _first(found.get(b"x-forwarded-port", b""))
    return named if _PORT.fullmatch(named) else b""


def prefix(found: Mapping[bytes, bytes]) -> bytes:
    """The path that proxies took away, without a slash at its end; empty when they took none.

    Each proxy of a chain adds what it took (Traefik's StripPrefix), so the members belong one
    after the other, as Spring reads them. It comes to stand in redirects and cookies: one that
    could lead to another host (`//`), climb (`..`) or end a field's value is taken for none.
    """
    members = found.get(b"x-forwarded-prefix", b"").split(b",")
    whole = b"".join(member.strip(b" \t").rstrip(b"/") for member in members)
    return whole if _PREFIX.fullmatch(whole) and not _STEPS.search(whole) else b""


def element(value: bytes) -> dict[bytes, bytes]:
    """The parameters of the first element of Forwarded, by lower-case name (RFC 7239, section 4);
    none of a malformed one."""
    pairs: dict[bytes, bytes] = {}
    position = 0
    while (pair := _PAIR.match(value, position)) is not None:
        name, quoted, token, end = pair.groups()
        if name is not None:
            pairs.setdefault(name.lower(), token or re.sub(rb"\\(.)", rb"\1", quoted or b""))
        if end != b";":
            return pairs
        position = pair.end()
    return {}


def _first(value: bytes) -> bytes:
    members = (member.strip(b" \t") for member in value.split(b","))
    return next((member for member in members if member), b"")
