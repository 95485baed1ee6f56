"""Fields a proxy removes, adds and rewrites (RFC 9110, section 7.6; RFC 7239)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUEST_ID = re.compile(rb"[A-Za-z0-9._~+/=:@-]{1,128}")
_PROTO = re.compile(rb"https?", re.IGNORECASE)

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


def forwarded_for(address: str) -> bytes:
    """What one client connection adds to `X-Forwarded-For: …`, and the beginning of Forwarded."""
    plain = address.encode("ascii")
    node = b'"[' + plain + b']"' if b":" in plain else plain
    return plain + b"\r\nForwarded: for=" + node


def forwarded_host(host: bytes) -> bytes:
    """`host` as a parameter of Forwarded, quoted when it must be."""
    return b';host="' + host + b'"' if b":" in host or b"[" in host else b";host=" + host


def proto(value: bytes | None, default: bytes) -> bytes:
    """The scheme a trusted peer names, if it is one."""
    return value.lower() if value is not None and _PROTO.fullmatch(value) else default


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


class Prefixer:
    """Puts a service's prefix back into the paths of a response whose request had it stripped."""

    __slots__ = ("_hosts", "_prefix")

    def __init__(self, prefix: bytes, host: bytes) -> None:
        self._prefix = prefix
        self._hosts = (b"http://" + host.lower(), b"https://" + host.lower())

    def field(self, name: bytes, value: bytes) -> bytes:
        """The new value of Location, Content-Location, Refresh or Set-Cookie."""
        if name == b"set-cookie":
            return self.cookie(value)
        if name == b"refresh":
            return self.refresh(value)
        return self.location(value)

    def location(self, value: bytes) -> bytes:
        """A path, or an absolute URL of the gateway's own host; relative ones resolve rightly."""
        if value[:1] == b"/" and value[1:2] != b"/":
            return self._put(value)
        lower = value[:300].lower()
        for origin in self._hosts:
            if lower.startswith(origin) and value[len(origin) : len(origin) + 1] in _AFTER_HOST:
                path = value[len(origin) :]
                return value[: len(origin)] + self._put(path if path[:1] == b"/" else b"/" + path)
        return value

    def refresh(self, value: bytes) -> bytes:
        """`5; url=/path`, as browsers read it."""
        match = _REFRESH.fullmatch(value)
        if match is None:
            return value
        before, quote, url = match.groups()
        closing = url[len(url.rstrip(b"'\"")) :] if quote else b""
        bare = url[: len(url) - len(closing)]
        return bytes(before + quote + self.location(bare) + closing)

    def cookie(self, value: bytes) -> bytes:
        """Set-Cookie with its Path under the prefix (RFC 6265, section 5.2.4: the last counts)."""
        parts = value.split(b";")
        for index, part in enumerate(parts[1:], 1):
            key, _, path = part.partition(b"=")
            path = path.strip(b" \t")
            if key.strip(b" \t").lower() == b"path" and path[:1] == b"/":
                parts[index] = key + b"=" + self._put(path)
        return b";".join(parts)

    def _put(self, path: bytes) -> bytes:
        """A path that already has the prefix comes from an application that knows of it."""
        if path.startswith(self._prefix) and path[len(self._prefix) :][:1] in _AFTER_PREFIX:
            return path
        return self._prefix + path


_AFTER_HOST: Final = (b"", b"/", b"?", b"#")
_AFTER_PREFIX: Final = (b"", b"/", b"?", b"#")
_REFRESH = re.compile(rb"([0-9.]+[ \t]*[;,][ \t]*(?:[uU][rR][lL][ \t]*=[ \t]*)?)(['\"]?)(.+)")


def value(head: bytes, name: bytes) -> str:
    """The field `name` (lower case) of a head as it came, its lines joined; empty when there is
    none. For what is rarely asked."""
    fields = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    found = [value for key, _, value in fields if key.lower() == name]
    return b", ".join(one.strip(b" \t") for one in found).decode("latin-1")


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
