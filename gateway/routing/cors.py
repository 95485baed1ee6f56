"""Cross-origin requests (WHATWG Fetch, section 3.2), by one policy for the whole cluster.

The gateway answers preflights itself and before authentication, because browsers send them without
credentials; on other responses it sets the fields for the origin that asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from gateway.protocol.responses import Answer

RESPONSE_FIELDS: Final = frozenset(
    {
        b"access-control-allow-origin",
        b"access-control-allow-credentials",
        b"access-control-allow-methods",
        b"access-control-allow-headers",
        b"access-control-max-age",
    }
)
"""Fields (lower case) that the policy replaces: a second value of one makes browsers refuse."""

_ORIGIN = re.compile(rb"https?://[A-Za-z0-9.\-\[\]:]{1,255}|null")
_CACHED_ORIGINS = 256


@dataclass(frozen=True, slots=True)
class Cors:
    """Who may call services from a page of another origin, and how.

    An origin is `scheme://host[:port]`; `*` allows every one (never together with credentials: then
    the asking origin is named, as browsers demand). `max_age` is in seconds. Without origins the
    policy is off and applications answer for themselves.
    """

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD")
    headers: tuple[str, ...] = ("Authorization", "Content-Type")
    credentials: bool = True
    max_age: int = 1_728_000
    _known: dict[bytes, bytes] = field(default_factory=dict, repr=False, compare=False)

    def __bool__(self) -> bool:
        return bool(self.origins)

    def allows(self, origin: bytes) -> bool:
        """Whether pages of `origin` (the field's value as received) may call."""
        if not _ORIGIN.fullmatch(origin):
            return False
        return "*" in self.origins or origin.decode("ascii") in self.origins

    def fields(self, origin: bytes) -> bytes:
        """Header lines for a response to `origin`; only `Vary` when it is not allowed."""
        known = self._known.get(origin)
        if known is None:
            known = self._fields(origin)
            if len(self._known) < _CACHED_ORIGINS:
                self._known[origin] = known
        return known

    def preflight(self, origin: bytes) -> Answer:
        """The answer to a preflight, to be sent with `fields`; the browser judges by the fields,
        not by the status."""
        if not self.allows(origin):
            return Answer(204)
        return Answer(
            204,
            (
                f"Access-Control-Allow-Methods: {', '.join(self.methods)}\r\n"
                f"Access-Control-Allow-Headers: {', '.join(self.headers)}\r\n"
                f"Access-Control-Max-Age: {self.max_age}\r\n"
            ).encode("ascii"),
        )

    def _fields(self, origin: bytes) -> bytes:
        if not self.allows(origin):
            return b"Vary: Origin\r\n"
        if "*" in self.origins and not self.credentials:
            return b"Access-Control-Allow-Origin: *\r\n"
        lines = b"Access-Control-Allow-Origin: " + origin + b"\r\nVary: Origin\r\n"
        if self.credentials:
            lines += b"Access-Control-Allow-Credentials: true\r\n"
        return lines


def is_preflight(method: bytes, origin: bytes | None, requested: bytes | None) -> bool:
    """Whether a request is a preflight, by its method and the fields `Origin` and
    `Access-Control-Request-Method`."""
    return method == b"OPTIONS" and origin is not None and requested is not None
