"""A request that an application's absolute link led out of its service, to the gateway's root.

`/login` in a page of a service means the gateway's own root to a browser; only Referer tells where
it was meant to go. The client is told so, with the cure, and never sent there: all services share
an origin, so that what a page of one caused would be handed, by its Referer's word alone, to
another application than the one at this address; and a link that works by luck hides the fault
until a browser sends no Referer. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gateway.protocol.authority import place
from gateway.protocol.headers import value
from gateway.protocol.reasons import Refusal
from gateway.routing.match import PathError, check_climb, service_name

if TYPE_CHECKING:
    from gateway.services.addresses import Public
    from gateway.services.route import Route, RouteTable

_URL: Final = re.compile(rb"(https?)://([^/?#]+)(/[!-~]*)")
LONGEST_LINK: Final = 2000


def origin_route(raw: bytes, public: Public, table: RouteTable) -> Route | None:
    """The service whose page, on the host as its client sees it, led to the request `raw`; None
    when none did."""
    url = _URL.fullmatch(value(raw, b"referer").encode("latin-1"))
    if url is None:
        return None
    scheme, authority, path = url.groups()
    where = place(authority, scheme)
    if where is None or not any(where.same(one) for one in public.places):
        return None
    below = path.removeprefix(public.outer).partition(b"?")[0]
    return table.find(service_name(below))


def refusal(route: Route, public: Public, method: bytes, target: bytes) -> Refusal:
    """Why `target` is not here, with a link to the same path of the service, or to its root."""
    plain = method == b"GET" and target.isascii() and len(target) <= LONGEST_LINK
    path = target if plain and _stays(target) else b"/"
    return Refusal("absolute_link", link=(public.outer + route.prefix + path).decode("ascii"))


def _stays(target: bytes) -> bool:
    try:
        check_climb(target.partition(b"?")[0])
    except PathError:
        return False
    return True
