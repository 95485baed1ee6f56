"""Credentials of others that a request carries: its pod must not see them. Pure.

A browser sends the password of the services API to every path below `/system/`, and what it was
given for one service to another that challenges with the same realm (RFC 7617, section 2.2); it
repeats the URL of a page, with the token in it, in Referer. Called by the planner for requests that
go to a pod. What is looked up is the digest of a secret, so the time it takes tells nothing of it.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from gateway.routing.carried import take
from shared.service import authorization as credentials

if TYPE_CHECKING:
    from collections.abc import Set


MARK: Final = b"token="
"""What every text with a token in a URL holds."""


def secret(authorization: bytes) -> bytes:
    """SHA-256 of the password of Basic or the token of Bearer; empty for other schemes."""
    found = credentials.read(authorization)
    return b"" if found is None else sha256(found[1]).digest()


def is_administrators(authorization: bytes, administrator: bytes) -> bool:
    """Whether this is Basic with the `user:password` whose SHA-256 is `administrator`; empty is
    nobody's."""
    user, password = credentials.read(authorization) or (None, b"")
    if user is None or not administrator:
        return False
    return compare_digest(sha256(user + b":" + password).digest(), administrator)


def cleaned(lines: list[bytes], digests: Set[bytes], spared: bytes) -> list[bytes]:
    """Field `lines`, the URLs in them as by `without_tokens`."""
    return [without_tokens(line, digests, spared) if MARK in line else line for line in lines]


def without_tokens(text: bytes, digests: Set[bytes], spared: bytes) -> bytes:
    """A URL, or text with URLs, without the tokens whose SHA-256 is in `digests`, but for the one
    of the digest `spared`."""

    def taken(token: bytes) -> bool:
        digest = sha256(token).digest()
        return digest in digests and digest != spared

    return take(text, taken)[0]
