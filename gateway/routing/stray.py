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

from gateway.protocol.forwarded import prefix
from gateway.protocol.headers import value
from gateway.protocol.reasons import Refusal
from gateway.routing.match import PathError, check_climb, service_name

if TYPE_CHECKING:
    from gateway.routing.compose import Found, Profile
    from gateway.services.route import Route, RouteTable

_URL = re.compile(r"(https?)://([A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(/[!-~]*)")
_PORTS: Final = {"http": "80", "https": "443"}
LONGEST_LINK: Final = 2000


def origin_route(
    raw: bytes, host: bytes, found: Found, profile: Profile, table: RouteTable
) -> Route | None:
    """The service whose page, on this host, led to the request `raw`; None when none did.

    `found`: its special fields. A trusted proxy tells under which host and prefix browsers see us.
    """
    url = _URL.fullmatch(value(raw, b"referer"))
    if url is None:
        return None
    scheme, name, port, path = url.groups()
    hosts = [host]
    if profile.trusted:
        hosts += found.get(b"x-forwarded-host", b"").split(b",")
        path = path.removeprefix(outer(found, profile))
    if (name.lower(), port or _PORTS[scheme]) not in [_address(one, scheme) for one in hosts]:
        return None
    return table.find(service_name(path.partition("?")[0].encode("ascii")))


def outer(found: Found, profile: Profile) -> str:
    """The prefix that a trusted proxy has taken off; most often empty."""
    return prefix(found).decode("ascii") if profile.trusted else ""


def refusal(route: Route, before: str, method: bytes, target: bytes) -> Refusal:
    """Why `target` is not here, with a link to the same path of the service, or to its root."""
    plain = method == b"GET" and target.isascii() and len(target) <= LONGEST_LINK
    path = target if plain and _stays(target) else b"/"
    return Refusal("absolute_link", link=before + (route.prefix + path).decode("ascii"))


def _stays(target: bytes) -> bool:
    try:
        check_climb(target.partition(b"?")[0])
    except PathError:
        return False
    return True


def _address(host: bytes, scheme: str) -> tuple[str, str]:
    name, colon, port = host.strip().decode("latin-1").lower().rpartition(":")
    if not colon or "]" in port:
        name, port = host.strip().decode("latin-1").lower(), ""
    return name, port or _PORTS[scheme]
