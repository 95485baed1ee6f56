"""To which host and port a URL leads, so that two spellings of one place are equal (RFC 3986,
section 6.2). Pure.

Case, a dot at the end of the name, the forms of an IPv6 address, and whether the default port is
written make no difference. What is odd (userinfo, percent-encoding, a port that is none, a name
longer than names can be) is no place at all: the URL is left as it is.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final, NamedTuple

DEFAULTS: Final = {b"http": 80, b"https": 443}

_AUTHORITY: Final = re.compile(
    rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=-]{1,255})(?::([0-9]{0,5}))?"
)


class Place(NamedTuple):
    """A host in lower case (an address without brackets) and a port."""

    host: bytes
    port: int
    usual: bool
    """The port is the scheme's default."""

    def same(self, other: Place) -> bool:
        """Whether both mean one place: the usual port of http and that of https are one, because a
        pod does not see whether its client came by TLS."""
        same_port = self.port == other.port or (self.usual and other.usual)
        return self.host == other.host and same_port


def place(authority: bytes, scheme: bytes) -> Place | None:
    """The place that `host` or `host:port` names in a URL of `scheme` (http or https)."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return None
    host, digits = _host(found[1]), found[2]
    port = int(digits) if digits else DEFAULTS[scheme]
    return Place(host, port, port == DEFAULTS[scheme]) if host and port < 65536 else None


def places(scheme: bytes, *authorities: bytes) -> tuple[Place, ...]:
    """The places among `authorities`, each once."""
    found = [place(authority, scheme) for authority in dict.fromkeys(authorities)]
    return tuple([one for one in dict.fromkeys(found) if one is not None])


def _host(text: bytes) -> bytes:
    if text[:1] != b"[":
        return text.lower().removesuffix(b".")
    try:
        return normal_address(text[1:-1].decode("ascii"))
    except AddressValueError:
        return b""


def normal_address(address: str) -> bytes:
    """An IP address in its one normal form; IPv4 in IPv6 as IPv4. Raises AddressValueError."""
    if ":" not in address:
        return address.lower().encode("ascii")
    parsed = IPv6Address(address)
    return str(parsed.ipv4_mapped or parsed).encode("ascii")
