"""Origins of pages, in settings and in the field Origin (RFC 6454, section 6.2), and whether an
address is of this machine alone. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

_USUAL = {"http:": ":80", "https:": ":443"}


def as_sent(origin: str) -> str:
    """As browsers write it: they lower what is known to ignore case, and leave out what is the
    default."""
    scheme = origin.lower().partition("//")[0]
    return origin.lower().removesuffix(_USUAL[scheme]) if scheme in _USUAL else origin


def is_loopback(url: str) -> bool:
    """Whether nothing that is sent to `url` leaves this machine; ValueError for what is no URL."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
