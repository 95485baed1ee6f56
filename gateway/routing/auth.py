"""Who may use a service: its token, as Basic or Bearer credentials, or by cookie (`forward`).

Called by the planner for each request whose fields it has not seen before. The gateway knows the
SHA-256 of a token only, and compares in constant time. What was used up here never reaches a pod;
what was not (an application's own Authorization) does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from gateway.protocol.headers import cookies
from gateway.routing.carried import take
from shared.service import authorization as credentials
from shared.service import tokens

if TYPE_CHECKING:
    from gateway.services.spec import ServiceSpec


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and which of its credentials were used up in saying so."""

    allowed: bool
    authorization: bool = False
    """The Authorization field was ours."""
    query: bytes | None = None
    """The query without the token, when the token came in it."""
    token: bytes = b""
    """The token that came in the query, for the session cookie."""


_OPEN: Final = Verdict(allowed=True)
_REFUSED: Final = Verdict(allowed=False)
_BY_FIELD: Final = Verdict(allowed=True, authorization=True)
_NOBODY: Final = (b"", b"")


def judge(
    spec: ServiceSpec, authorization: bytes | None, cookie: bytes | None, query: bytes
) -> Verdict:
    """Judge the credentials of one request; `query` is without its question mark."""
    if not spec.set_auth:
        return _OPEN
    forward = spec.auth_type == "forward"
    if authorization is not None:
        user, secret = credentials.read(authorization) or _NOBODY
        if tokens.matches(secret, spec.digest) and user in (None, spec.name.encode("ascii")):
            return _BY_FIELD
        if not forward or (user is None and len(secret) == tokens.LENGTH):
            return _REFUSED
    return _by_session(spec, cookie, query) if forward else _REFUSED


def _by_session(spec: ServiceSpec, cookie: bytes | None, query: bytes) -> Verdict:
    rest, given = take(b"?" + query, partial(tokens.matches, digest=spec.digest))
    if given:
        return Verdict(allowed=True, query=rest[1:], token=given)
    sessions = cookies(cookie, tokens.session_name(spec.name)) if cookie is not None else []
    return _OPEN if tokens.session(sessions, spec.digest) else _REFUSED
