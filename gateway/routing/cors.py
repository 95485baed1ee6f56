"""Cross-origin requests (WHATWG Fetch, section 3.2), by one policy for the whole cluster.

The gateway answers preflights itself and before authentication, because browsers send them without
credentials; on other responses, its own among them, it sets the fields for the origin that asked.
Without a policy applications answer for themselves.

Private Network Access (`Access-Control-Request-Private-Network`) is not granted: browsers ask the
user instead, and no longer by a preflight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.protocol import headers
from gateway.protocol.responses import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

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

_ORIGIN = re.compile(
    rb"[A-Za-z][A-Za-z0-9+.\-]{0,63}://[!$%&'()*+.0-9:;=A-Z\[\]_a-z~\-]{0,255}|null"
)
"""As browsers and what embeds them write it (RFC 6454, section 6.2): besides http and https there
are `capacitor://localhost`, `chrome-extension://<id>`, `app://.`, `file://` and more, and hosts
with `_`. No comma, blank, slash or quote: it must be one origin."""
_CACHED_ORIGINS = 256
_ALLOWED: Final = b"Access-Control-Allow-Origin: "
_EXPOSED: Final = b"X-Request-Id, X-Gateway-Error, X-Gateway-Phase, X-Cold-Start, Retry-After"
"""What the gateway says in fields, for scripts to read (Fetch, section 3.2.6)."""
_VARY: Final = b"Vary: Origin\r\n"


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
        if self._anybody:
            return True
        if not _ORIGIN.fullmatch(origin):
            return False
        return "*" in self.origins or origin.decode("ascii") in self.origins

    def fields(self, origin: bytes | None) -> bytes:
        """Header lines for a response to `origin`; only `Vary` when it is not allowed.

        None, for a request that names no origin, gets the same as all who do not matter: a cache
        may hand the response to others.
        """
        if origin is None or not self.origins:
            return self._always
        known = self._known.get(origin)
        if known is None:
            if not self.allows(origin):
                return self._always
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

    @property
    def _anybody(self) -> bool:
        """Every origin gets the same answer, whatever it is."""
        return "*" in self.origins and not self.credentials

    @property
    def _always(self) -> bytes:
        if self._anybody:
            return _ALLOWED + b"*\r\n"
        return _VARY if self.origins else b""

    def _fields(self, origin: bytes) -> bytes:
        if self._anybody:
            return self._always
        lines = _ALLOWED + origin + b"\r\n" + _VARY
        if self.credentials:
            lines += b"Access-Control-Allow-Credentials: true\r\n"
        return lines


def applied(fields: bytes, lines: Iterable[bytes] = ()) -> list[bytes]:
    """The `lines` of a response with the policy's `fields` in place of its own, and with the names
    of what scripts may read beside those that the application names."""
    if not fields:
        return list(lines)
    added = fields[:-2].split(b"\r\n")
    kept = [line for line in headers.without(lines, RESPONSE_FIELDS) if line not in added]
    if fields.startswith(_ALLOWED):
        named = [line.partition(b":")[2].strip() for line in kept if _is_exposing(line)]
        kept = [line for line in kept if not _is_exposing(line)]
        added.append(b"Access-Control-Expose-Headers: " + b", ".join([*named, _EXPOSED]))
    return kept + added


def _is_exposing(line: bytes) -> bool:
    return line[:30].lower() == b"access-control-expose-headers:"


def is_preflight(method: bytes, origin: bytes | None, requested: bytes | None) -> bool:
    """Whether a request is a preflight, by its method and the fields `Origin` and
    `Access-Control-Request-Method`."""
    return method == b"OPTIONS" and origin is not None and requested is not None
