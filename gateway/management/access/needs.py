"""What a call asks of its caller, by method and route: no call can forget to ask. Pure.

Whatever is not listed as open needs a caller; what is below a service's name needs that he may see
the service, and to change it when the method is not one that only reads (RFC 9110, section 9.2.1).
"""

from __future__ import annotations

from typing import Final, Literal

Need = Literal["nothing", "caller", "see", "change"]

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SERVICE: Final = "/system/services/{name}"
FORWARDED: Final = SERVICE + "/auth"
"""It has rules of its own, see `forward_auth`."""
DOCUMENT: Final = "/system/openapi.json"
LOGS: Final = "/system/logs/{name}"
_OPEN: Final = frozenset(
    {
        "/health",
        "/healthz",
        "/readyz",
        "/metrics",
        "/run/{name}",
        "/job/{name}",
        DOCUMENT,
        FORWARDED,
    }
)


def needed(method: str, route: str, path: str) -> Need:
    """What the call needs; `route` is the pattern that its path matched, "" if none did."""
    if route in _OPEN or (not route and not path.startswith("/system/")):
        return "nothing"
    if any(route == one or route.startswith(one + "/") for one in (SERVICE, LOGS)):
        return "see" if method in READS else "change"
    return "caller"
