"""The token of a service: how it is compared, and the cookie that keeps a browser signed in. Pure.

A token is 256 random bits, so its SHA-256 gives nothing away; the digest is all that the gateway
knows. Names and form are OSCAR's.
"""

from __future__ import annotations

import re
from hashlib import sha256
from hmac import compare_digest
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LENGTH: Final = 64
"""Characters of a token; a candidate of another length belongs to the application itself."""

_TRIED: Final = 256
"""Browsers keep about 180 cookies for a site (RFC 6265, section 6.1, asks for 50)."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def digest(token: str) -> bytes:
    """The SHA-256 of a token; a ConfigMap states it in hex."""
    return sha256(token.encode()).digest()


def parse_digest(text: str) -> bytes:
    """The digest that a ConfigMap states; raises ValueError."""
    if _DIGEST.fullmatch(text) is None:
        raise ValueError("is not 64 lower-case hex digits (SHA-256 of the token)")
    return bytes.fromhex(text)


def matches(candidate: bytes, digest: bytes) -> bool:
    """Whether `candidate` is the token that `digest` belongs to; in constant time."""
    return compare_digest(sha256(candidate).digest(), digest)


SESSIONS: Final = rb"oscar_service_[a-z0-9_]+_auth"
"""What the names of all session cookies match."""


def session_name(service: str) -> bytes:
    """The name of the session cookie of a service."""
    return b"oscar_service_%b_auth" % service.replace("-", "_").encode("ascii")


def session(values: Iterable[bytes], digest: bytes) -> bytes:
    """The token among the `values` of cookies with a session's name; empty if it is not there.

    Any page of the origin can set such cookies, also for a longer path, so that they come first. As
    many are tried as no browser keeps for a site.
    """
    candidates = {one: None for one in values if len(one) == LENGTH}
    good = [one for one in islice(candidates, _TRIED) if matches(one, digest)]
    return good[0] if good else b""


def session_cookie(service: str, token: bytes, path: bytes, *, secure: bool) -> bytes:
    """The value of Set-Cookie that starts a session below `path`; it ends with the browser's."""
    return b"%b=%b; Path=%b; HttpOnly; %bSameSite=Lax" % (
        session_name(service),
        token,
        path,
        b"Secure; " if secure else b"",
    )
