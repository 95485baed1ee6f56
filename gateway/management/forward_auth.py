"""`GET …/{name}/auth`: may this request pass? Asked by proxies that forward authentication. Pure.

OSCAR's rules: a Bearer token stands alone; else `?token=` of this request or of the forwarded one,
or the service's cookie; a value of another length is the application's own and is ignored.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from gateway.management.credentials import Credentials
from gateway.management.render import digest
from shared.service import names

LENGTH: Final = 64
"""Characters of a service token."""


@dataclass(frozen=True, slots=True)
class Question:
    """What of a request says who asks."""

    authorization: str
    token: str
    """The query's `token`."""
    forwarded_uri: str
    """X-Forwarded-Uri: path and query of the request that waits at the proxy."""
    cookie: str


def cookie_name(name: str) -> str:
    """The cookie that keeps a browser signed in to service `name`."""
    return f"oscar_service_{name.replace('-', '_')}_auth"


def cookie(name: str, token: str, *, secure: bool) -> str:
    """The Set-Cookie value; it ends with the browser's session."""
    parts = [f"{cookie_name(name)}={token}", f"Path={names.base_path(name)}", "HttpOnly"]
    return "; ".join([*parts, *(["Secure"] if secure else []), "SameSite=Lax"])


def proven_token(question: Question, token_digest: str) -> str:
    """The candidate that is the service's token, or ""."""
    for candidate in candidates(question):
        if hmac.compare_digest(digest(candidate).encode(), token_digest.encode()):
            return candidate
    return ""


def candidates(question: Question) -> list[str]:
    """What may be a service token, by OSCAR's order."""
    scheme, _, value = question.authorization.partition(" ")
    if scheme.lower() == "basic":
        return []
    if scheme.lower() == "bearer":
        given = [value]
    else:
        query = parse_qs(urlsplit(question.forwarded_uri).query, max_num_fields=100)
        given = [question.token, query.get("token", [""])[0], question.cookie]
    stripped = (one.strip() for one in given)
    return [one for one in stripped if len(one) == LENGTH]


def allowed(question: Question, token_digest: str, admin: Credentials) -> tuple[bool, str]:
    """Whether to let it pass, and the token for the cookie ("" for the administrator)."""
    found = candidates(question)
    token = proven_token(question, token_digest)
    if found:
        return bool(token), token
    return admin.match(question.authorization), ""
