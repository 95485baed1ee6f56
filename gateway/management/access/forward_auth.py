"""`GET …/{name}/auth`: may this request pass? Asked by proxies that forward authentication. Pure.

OSCAR's rules: a Bearer token stands alone; else `?token=` of this request or of the forwarded one,
or the service's cookie; a value of another length is the application's own and is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from shared.service import tokens

Verdict = Literal["right", "wrong", "none"]
"""Without any token of a service, it is asked who calls."""


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


def verdict(question: Question, digest: bytes) -> tuple[Verdict, str]:
    """What the tokens in it prove, and the one that is right."""
    found = candidates(question)
    for candidate in found:
        if tokens.matches(candidate.encode("utf-8", "replace"), digest):
            return "right", candidate
    return ("wrong" if found else "none"), ""
