"""Keeping a client on its pod by a cookie, as far as that pod lives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gateway.protocol.headers import cookies

if TYPE_CHECKING:
    from gateway.services.addresses import Public
    from gateway.services.route import Plan

COOKIE: Final = b"oscar_affinity"
_MARK: Final = re.compile(rb"[0-9a-f]{32}")


def chosen(cookie: bytes | None) -> str:
    """The mark of the pod that a Cookie field names; empty when it names none."""
    for value in cookies(cookie, COOKIE) if cookie is not None else []:
        if _MARK.fullmatch(value):
            return value.decode("ascii")
    return ""


def bound(plan: Plan, mark: str) -> bytes:
    """The line that binds the client of a request to the pod `mark` which served it; nothing when
    the service does not ask for it, or the client is bound to it already."""
    bind = plan.route.spec.affinity and plan.affinity != mark
    return line(mark, plan.public) if bind else b""


def line(mark: str, public: Public) -> bytes:
    """The Set-Cookie line that binds a client to the pod `mark`."""
    secure = b"Secure; " if public.secure else b""
    attributes = (COOKIE, mark.encode("ascii"), public.path or b"/", secure)
    return b"Set-Cookie: %b=%b; Path=%b; HttpOnly; %bSameSite=Lax\r\n" % attributes
