"""`GET …/{name}/auth`: may this request pass? Asked by proxies that forward authentication. Pure.

OSCAR's rules: a Bearer token stands alone; else `?token=` of this request or of the forwarded one,
or the service's cookie; a value of another length is the application's own and is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from gateway.management.access.credentials import Credentials
from shared.service import tokens


@dataclass(frozen=True, slots=True)
class Question:
    """What of a request says who asks."""

    authorization: str
    token: str
    """The query's `token`."""
    forwarded_uri: str
    """X-Forwarded-Uri: path and query of the request that waits at the proxy."""
    cookie: str


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
    return [one for one in stripped if len(one) == tokens.LENGTH]


def allowed(question: Question, digest: bytes, admin: Credentials) -> tuple[bool, str]:
    """Whether to let it pass, and the token for the cookie ("" for the administrator)."""
    found = candidates(question)
    for candidate in found:
        if tokens.matches(candidate.encode("utf-8", "replace"), digest):
            return True, candidate
    return not found and admin.match(question.authorization), ""
