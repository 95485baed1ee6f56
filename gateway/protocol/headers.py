"""Fields a proxy removes and adds (RFC 9110, section 7.6; RFC 7239)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUEST_ID = re.compile(rb"[A-Za-z0-9._~+/=:@-]{1,128}")

ESSENTIAL: Final = frozenset({b"host", b"content-length", b"transfer-encoding"})
"""Fields that Connection must not make a proxy forget."""


def listed(options: list[bytes]) -> list[bytes]:
    """Fields that go with one connection only, by the members of its Connection field."""
    unique = dict.fromkeys(options)  # thousands may be the same
    return [one for one in unique if one not in _OPTIONS and one not in ESSENTIAL]


_OPTIONS: Final = frozenset({b"close", b"keep-alive", b"upgrade"})


def without(lines: Iterable[bytes], names: Iterable[bytes]) -> list[bytes]:
    """The field `lines` whose names (lower case in `names`) are not among `names`."""
    unwanted = frozenset(names)
    return [line for line in lines if line.partition(b":")[0].lower() not in unwanted]


@lru_cache(1024)
def forwarded_for(address: str) -> bytes:
    """What one client connection adds to `X-Forwarded-For: …`, and the beginning of Forwarded.
    Whoever connects often is remembered."""
    plain = address.encode("ascii")
    node = b'"[' + plain + b']"' if b":" in plain else plain
    return plain + b"\r\nForwarded: for=" + node


def forwarded_host(host: bytes) -> bytes:
    """`host` as a parameter of Forwarded, quoted when it must be."""
    return b';host="' + host + b'"' if b":" in host or b"[" in host else b";host=" + host


def cookies_without(value: bytes, names: bytes) -> bytes:
    """The value of Cookie without the cookies whose names match the expression `names`."""
    expression = re.compile(names)
    if expression.search(value) is None:
        return value
    drops = expression.fullmatch
    kept = [
        pair
        for item in value.split(b";")
        if (pair := item.strip(b" \t")) and not drops(pair.partition(b"=")[0].rstrip(b" \t"))
    ]
    return b"; ".join(kept)


def cookies(value: bytes, name: bytes) -> list[bytes]:
    """The values of all cookies called `name` (RFC 6265 lets a name stand twice)."""
    if name not in value:
        return []
    items = (item for item in value.split(b";") if name in item)  # thousands may be others'
    pairs = (item.strip(b" \t").partition(b"=") for item in items)
    return [found.strip(b' \t"') for key, _, found in pairs if key.rstrip(b" \t") == name]


def value(head: bytes, name: bytes) -> str:
    """The field `name` (lower case) of a head as it came, its lines joined; empty when there is
    none. For what is rarely asked."""
    found: list[bytes] = _field(name).findall(head)
    return b", ".join([one.rstrip(b" \t") for one in found]).decode("latin-1")


@lru_cache(maxsize=32)
def _field(name: bytes) -> re.Pattern[bytes]:
    """Finds the values of the field `name`, which is written in this program and is no client's."""
    return re.compile(rb"\r\n" + re.escape(name) + rb":[ \t]*([^\r]*)", re.IGNORECASE)


def accept(raw: bytes) -> str:
    """The Accept field of a head, for an answer of the gateway's own."""
    return value(raw, b"accept")


def origin(raw: bytes) -> bytes | None:
    """The Origin field of a head that is not valid, or not complete, for an answer of the
    gateway's own."""
    found = _ORIGIN.search(raw)
    return found[1].rstrip(b" \t") if found else None


def user_agent(raw: bytes) -> str:
    """The User-Agent field of a head, for the access log."""
    found = _USER_AGENT.search(raw)
    return found[1].decode("latin-1") if found else ""


_ORIGIN = re.compile(rb"\r\norigin:[ \t]*([^\r\n]*)\r\n", re.IGNORECASE)
_USER_AGENT = re.compile(rb"\r\nuser-agent:[ \t]*([^\r]*)", re.IGNORECASE)
