"""Fields that name URLs or paths, as the other side must read them. Pure.

`reply` asks for those of a pod's answer, the planner for those of a request. Where a URL leads,
`Addresses` and `Public` know; here stands only where in a field's value the URLs are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gateway.routing.set_cookie import set_cookie

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gateway.services.addresses import Addresses, Public

_REFRESH: Final = re.compile(
    rb"([0-9.]+(?:[ \t]*[;,][ \t]*|[ \t]+)(?:url[ \t]*=[ \t]*)?)(?:(['\"])(.*?)(\2.*|\Z)|(.+))",
    re.IGNORECASE,
)
_LINK: Final = re.compile(
    rb"(<|\banchor[ \t]*=[ \t]*\")([^>\"]*)|\"(?:[^\"\\]|\\.?)*(?:\"|\Z)", re.IGNORECASE
)
_TAG: Final = re.compile(rb"<([^>]*)>")
_WITHIN: Final = re.compile(rb"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@/-]*")


def outward(name: bytes, value: bytes, addresses: Addresses) -> bytes:
    """The line for the client of a field of a pod's answer; `name` is in lower case."""
    line, rule = _OUTWARD[name]
    return line + rule(value, addresses)


def unchanged(name: bytes, value: bytes) -> bytes:
    """The line of the same field as the pod wrote it."""
    return _OUTWARD[name][0] + value


def inward(name: bytes, value: bytes, public: Public) -> bytes:
    """The line for the pod of Destination, or of If with its `<Resource-Tag>`s (RFC 4918, sections
    10.3 and 10.4)."""
    if name == b"destination":
        return b"Destination: " + public.inward(value)
    tags = _TAG.sub(lambda found: b"<" + public.inward(found[1]) + b">", value)
    return b"If: " + tags


def _reference(value: bytes, addresses: Addresses) -> bytes:
    """Location and Content-Location (RFC 9110, sections 10.2.2 and 8.7)."""
    return addresses.outward(value)


def _refresh(value: bytes, addresses: Addresses) -> bytes:
    """`5; url=/path`, as browsers read it
    (https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps)."""
    found = _REFRESH.fullmatch(value)
    if found is None:
        return value
    before, quote, quoted, closing, bare = found.groups()
    if quote is None:
        return bytes(before + addresses.outward(bare))
    return bytes(before + quote + addresses.outward(quoted) + closing)


def _link(value: bytes, addresses: Addresses) -> bytes:
    """Each `<URI-reference>` and `anchor` of Link (RFC 8288, section 3); other strings stay."""

    def mapped(found: re.Match[bytes]) -> bytes:
        start = found[1]
        return found[0] if start is None else start + addresses.outward(found[2])

    return _LINK.sub(mapped, value)


def _service_worker_allowed(value: bytes, addresses: Addresses) -> bytes:
    """The widest scope that a worker of the service may have (https://w3c.github.io/ServiceWorker/,
    section 7.5.2). One that reaches further would let it answer for all services of this origin:
    what is not a plain path below the prefix becomes the prefix itself."""
    public = addresses.public
    whole = public.path + b"/"
    if _WITHIN.fullmatch(value) and b"/." not in value:
        path = public.within(value)
        return path if path.startswith(whole) else whole
    return whole


_OUTWARD: Final[Mapping[bytes, tuple[bytes, Callable[[bytes, Addresses], bytes]]]] = {
    b"location": (b"Location: ", _reference),
    b"content-location": (b"Content-Location: ", _reference),
    b"refresh": (b"Refresh: ", _refresh),
    b"link": (b"Link: ", _link),
    b"set-cookie": (b"Set-Cookie: ", set_cookie),
    b"service-worker-allowed": (b"Service-Worker-Allowed: ", _service_worker_allowed),
}
