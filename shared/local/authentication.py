"""Who holds which bearer token. There is no anonymous access."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from shared.local.errors import unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.local.rbac import User

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE | re.ASCII)


class Tokens:
    """Tokens by digest: a token is compared in constant time and never kept in the clear."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = {_digest(token): user for token, user in users.items()}

    def add(self, token: str, user: User) -> None:
        self._users[_digest(token)] = user

    def user(self, authorization: str) -> User:
        """The user of an Authorization header; raises 401."""
        match = _BEARER.fullmatch(authorization)
        if match is None:
            raise unauthorized()
        given = _digest(match[1])
        found = None
        for digest, user in self._users.items():
            if hmac.compare_digest(digest, given):
                found = user
        if found is None:
            raise unauthorized()
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
