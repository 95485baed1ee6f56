"""Keeping a client on its pod by a cookie, as far as that pod lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.protocol.headers import cookies

if TYPE_CHECKING:
    from gateway.services.route import Plan

COOKIE: Final = b"oscar_affinity"


def chosen(cookie: bytes | None) -> str:
    """The label (`ip:port`) of the pod that a Cookie field names; empty when it names none."""
    for value in cookies(cookie, COOKIE) if cookie is not None else []:
        try:
            return bytes.fromhex(value.decode("ascii")).decode("ascii")
        except ValueError:
            continue
    return ""


def bound(plan: Plan, label: str) -> bytes:
    """The line that binds the client of a request to the pod `label` which served it; nothing when
    the service does not ask for it, or the client is bound to it already."""
    route = plan.route
    bind = route.spec.affinity and plan.affinity != label
    return line(label, route.prefix) if bind else b""


def line(label: str, prefix: bytes) -> bytes:
    """The Set-Cookie line that binds a client to the pod `label`."""
    value = label.encode("ascii").hex().encode("ascii")
    path = prefix or b"/"
    return b"Set-Cookie: %b=%b; Path=%b; HttpOnly; SameSite=Lax\r\n" % (COOKIE, value, path)
