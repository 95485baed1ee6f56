"""Sessions by `?token=` (auth_type `forward`): who is sent on, and what comes with a cookie. Pure.

Called by the planner when a token came in the query, and by `reply` for the pod's answer to it. A
client without a cookie jar gets its answer at once; a browser that opens a page is sent to the
same one without the token in its URL, where it would stay in sight and in histories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.protocol.headers import value, without
from gateway.protocol.navigation import navigates

if TYPE_CHECKING:
    from collections.abc import Sequence

_CACHING: Final = frozenset(
    {b"cache-control", b"cdn-cache-control", b"surrogate-control", b"x-accel-expires"}
)
"""What tells caches between the gateway and the client how long to keep a response (RFC 9111,
section 5.2; RFC 9213)."""
_PRIVATE: Final = frozenset({b"private", b"no-store"})
_SHARED: Final = (b"public", b"s-maxage", b"proxy-revalidate")


def moves(method: bytes, head: bytes) -> bool:
    """Whether a client that brings a token in its URL is sent to the URL without: it opens a page,
    and will bring the cookie back.

    A page in a frame of another site will not, its cookies are not sent there (SameSite=Lax).
    """
    if not navigates(method, head):
        return False
    destination = value(head, b"sec-fetch-dest")
    if not destination and not value(head, b"sec-fetch-mode"):
        return _asks_as_browsers(value(head, b"accept"))
    foreign = value(head, b"sec-fetch-site") == "cross-site"
    return destination in ("", "document") or not foreign


def _asks_as_browsers(accept: str) -> bool:
    """Browsers name XHTML beside HTML. Java's URLConnection asks for HTML and for GIF as much, and
    keeps no cookie."""
    as_much = [item.strip() for item in accept.lower().split(",") if ";" not in item]
    return as_much == ["text/html"] or "application/xhtml+xml" in accept


def private(lines: Sequence[bytes]) -> list[bytes]:
    """The `lines` of a pod's answer that goes out with a cookie of the gateway's, so that no shared
    cache keeps it: Set-Cookie alone does not forbid that (RFC 9111, section 7.3)."""
    values = [line.partition(b":")[2] for line in lines if line[:14].lower() == b"cache-control:"]
    directives = [one.strip() for text in values for one in text.split(b",") if one.strip()]
    if _PRIVATE.isdisjoint(one.lower() for one in directives):
        own = (one for one in directives if not one.lower().startswith(_SHARED))
        directives = [b"private", *own]
    return [*without(lines, _CACHING), b"Cache-Control: " + b", ".join(directives)]
