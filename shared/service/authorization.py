"""What an Authorization header proves, and the administrator's credentials in a file. Pure.

Sources: RFC 7617, RFC 6750. It works on bytes, for the gateway reads every request's.
"""

from __future__ import annotations

import binascii
import re
from hashlib import sha256
from typing import Final

MANAGEMENT_REALM: Final = "Authorization Required"
"""What the services API asks for, as OSCAR does."""

_BASIC = re.compile(rb"(?i:basic) +([A-Za-z0-9+/]+={0,2}) *")
_BEARER = re.compile(rb"(?i:bearer) +([!-~]+) *")


def read(value: bytes) -> tuple[bytes | None, bytes] | None:
    """User and password of Basic, None and the token of Bearer; None if it is neither."""
    bearer = _BEARER.fullmatch(value)
    if bearer is not None:
        return None, bearer[1]
    basic = _BASIC.fullmatch(value)
    if basic is None:
        return None
    try:
        user, colon, password = binascii.a2b_base64(basic[1]).partition(b":")
    except binascii.Error:
        return None
    return (user, password) if colon else None


def digest(user: str, password: str) -> bytes:
    """SHA-256 of Basic credentials, by which they can be told without being known."""
    return sha256(f"{user}:{password}".encode()).digest()


def parse_credentials(text: str) -> tuple[str, str]:
    """User and password of a file that holds one line `user:password`; raises ValueError."""
    user, _, password = text.strip().partition(":")
    if not user or not password or "\n" in user + password:
        raise ValueError("must hold one line user:password")
    return user, password
