"""HTTP Basic credentials of the administrator. Pure.

Source: RFC 7617.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may manage services."""

    username: str
    password: str

    def match(self, authorization: str) -> bool:
        """Whether the value of an Authorization header proves these; in constant time."""
        given = basic(authorization)
        if given is None:
            return False
        same_user = hmac.compare_digest(given[0].encode(), self.username.encode())
        same_password = hmac.compare_digest(given[1].encode(), self.password.encode())
        return same_user & same_password

    def __repr__(self) -> str:
        return f"Credentials({self.username!r}, …)"


def basic(authorization: str) -> tuple[str, str] | None:
    """User and password of a Basic header; None if it is none or malformed."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


def parse_line(text: str) -> Credentials:
    """The credentials of a file of one line `user:password`; raises ValueError."""
    user, colon, password = text.strip().partition(":")
    if not colon or not user or not password or "\n" in password:
        raise ValueError("must hold one line user:password")
    return Credentials(user, password)
