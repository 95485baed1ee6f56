"""Who may use a service: its token, as Basic or Bearer credentials, or by cookie (`forward`).

The gateway knows the token's SHA-256 only; a token is 256 random bits, so that digest gives nothing
away. Digests are compared in constant time. What was consumed here never reaches a pod; what was
not (an application's own Authorization) does.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from gateway.protocol.headers import cookies

if TYPE_CHECKING:
    from gateway.services.spec import ServiceSpec

TOKEN_LENGTH: Final = 64
"""Characters of a service's token; `forward` ignores candidates of another length, which belong to
the application (OSCAR contract)."""

_BASIC = re.compile(rb"(?i:basic) +([A-Za-z0-9+/]+={0,2}) *")
_BEARER = re.compile(rb"(?i:bearer) +([!-~]+) *")
_QUERY_TOKEN = re.compile(rb"(?:^|(?<=&))token=([^&]*)(?:&|$)")


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


def judge(
    spec: ServiceSpec, authorization: bytes | None, cookie: bytes | None, query: bytes
) -> Verdict:
    """Judge the credentials of one request; `query` is without its question mark."""
    if not spec.set_auth:
        return _OPEN
    forward = spec.auth_type == "forward"
    if authorization is not None:
        if _field_matches(spec, authorization):
            return _BY_FIELD
        if not forward or _is_long_bearer(authorization):
            return _REFUSED
    return _by_session(spec, cookie, query) if forward else _REFUSED


def _field_matches(spec: ServiceSpec, value: bytes) -> bool:
    bearer = _BEARER.fullmatch(value)
    if bearer is not None:
        return token_matches(spec, bearer[1])
    basic = _BASIC.fullmatch(value)
    if basic is None:
        return False
    try:
        user, _, password = binascii.a2b_base64(basic[1]).partition(b":")
    except binascii.Error:
        return False
    named = compare_digest(user, spec.name.encode("ascii"))
    return token_matches(spec, password) and named


def token_matches(spec: ServiceSpec, candidate: bytes) -> bool:
    """Whether `candidate` is the token of the service, in constant time."""
    return compare_digest(sha256(candidate).digest(), spec.digest)


def _is_long_bearer(value: bytes) -> bool:
    bearer = _BEARER.fullmatch(value)
    return bearer is not None and len(bearer[1]) == TOKEN_LENGTH


def _by_session(spec: ServiceSpec, cookie: bytes | None, query: bytes) -> Verdict:
    found = _QUERY_TOKEN.search(query)
    if found is not None and len(found[1]) == TOKEN_LENGTH and token_matches(spec, found[1]):
        rest = _QUERY_TOKEN.sub(b"", query).rstrip(b"&")
        return Verdict(allowed=True, query=rest, token=found[1])
    sessions = cookies(cookie, session_name(spec.name)) if cookie is not None else []
    matches = [token_matches(spec, session) for session in sessions[:4]]
    return _OPEN if any(matches) else _REFUSED


def session_name(service: str) -> bytes:
    """The name of the session cookie of a service (OSCAR contract)."""
    return b"oscar_service_%b_auth" % service.replace("-", "_").encode("ascii")


def session_cookie(service: str, token: bytes, prefix: bytes, *, secure: bool) -> bytes:
    """The value of Set-Cookie that starts a session."""
    return b"%b=%b; Path=%b; HttpOnly; %bSameSite=Lax" % (
        session_name(service),
        token,
        prefix,
        b"Secure; " if secure else b"",
    )
