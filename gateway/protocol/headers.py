"""Fields a proxy removes and adds (RFC 9110, section 7.6; RFC 7239)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUEST_ID = re.compile(rb"[A-Za-z0-9._~+/=:@-]{1,128}")

ESSENTIAL: Final = frozenset({b"host", b"content-length", b"transfer-encoding"})
"""Fields that Connection must not make a proxy forget."""


def listed(options: list[bytes]) -> list[bytes]:
    """Fields that go with one connection only, by the members of its Connection field."""
    return [one for one in options if one not in _OPTIONS and one not in ESSENTIAL]


_OPTIONS: Final = frozenset({b"close", b"keep-alive", b"upgrade"})


def without(lines: Iterable[bytes], names: Iterable[bytes]) -> list[bytes]:
    """The field `lines` whose names (lower case in `names`) are not among `names`."""
    unwanted = frozenset(names)
    return [line for line in lines if line.partition(b":")[0].lower() not in unwanted]


def forwarded_for(address: str) -> bytes:
    """What one client connection adds to `X-Forwarded-For: …`, and the beginning of Forwarded."""
    plain = address.encode("ascii")
    node = b'"[' + plain + b']"' if b":" in plain else plain
    return plain + b"\r\nForwarded: for=" + node


def forwarded_host(host: bytes) -> bytes:
    """`host` as a parameter of Forwarded, quoted when it must be."""
    return b';host="' + host + b'"' if b":" in host or b"[" in host else b";host=" + host


def cookies_without(value: bytes, name: bytes) -> bytes:
    """The value of Cookie without the cookies called `name`."""
    kept = [
        pair
        for item in value.split(b";")
        if (pair := item.strip(b" \t")) and pair.partition(b"=")[0].rstrip(b" \t") != name
    ]
    return b"; ".join(kept)


def cookies(value: bytes, name: bytes) -> list[bytes]:
    """The values of all cookies called `name` (RFC 6265 lets a name stand twice)."""
    pairs = (item.strip(b" \t").partition(b"=") for item in value.split(b";"))
    return [found.strip(b' \t"') for key, _, found in pairs if key.rstrip(b" \t") == name]


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
