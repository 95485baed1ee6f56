"""The credentials of the administrator, which guard the whole services API. Pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from shared.service import authorization


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may manage services."""

    username: str
    password: str

    def match(self, header: str) -> bool:
        """Whether the value of an Authorization header proves these; in constant time."""
        user, password = authorization.read(header.encode("utf-8", "replace")) or (None, b"")
        if user is None:
            return False
        same_user = hmac.compare_digest(user, self.username.encode())
        same_password = hmac.compare_digest(password, self.password.encode())
        return same_user & same_password

    def __repr__(self) -> str:
        return f"Credentials({self.username!r}, …)"
