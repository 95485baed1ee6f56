"""Origins of pages, in settings and in the field Origin (RFC 6454, section 6.2). Pure."""

from __future__ import annotations

_USUAL = {"http:": ":80", "https:": ":443"}


def as_sent(origin: str) -> str:
    """As browsers write it: they lower what is known to ignore case, and leave out what is the
    default."""
    scheme = origin.lower().partition("//")[0]
    return origin.lower().removesuffix(_USUAL[scheme]) if scheme in _USUAL else origin
