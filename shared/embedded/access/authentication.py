"""Who holds which bearer token. There is no anonymous access.

The HTTP server asks it first of all; what a user may do is decided in `rbac`.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.embedded.access.rbac import User
from shared.embedded.errors import unauthorized, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_TOKENS: Final = 1_000
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE | re.ASCII)


class _Holder(NamedTuple):
    user: User
    expires: float = math.inf


class Tokens:
    """Tokens by digest: a token is compared in constant time and never kept in the clear.

    most: how many may be valid at a time.
    """

    def __init__(
        self,
        users: Mapping[str, User],
        now: Callable[[], float] = time.time,
        most: int = MOST_TOKENS,
    ) -> None:
        self._now = now
        self._most = most
        self._holders = {_digest(token): _Holder(user) for token, user in users.items()}

    def add(self, token: str, user: User, expires: float = math.inf) -> None:
        """Accept `token` until the Unix time `expires`; forget those that have expired."""
        now = self._now()
        if len(self._holders) >= self._most:
            kept = {digest: each for digest, each in self._holders.items() if each.expires > now}
            if len(kept) >= self._most:
                raise unavailable(f"more than {self._most} tokens are valid; let some expire")
            self._holders = kept
        self._holders[_digest(token)] = _Holder(user, expires)

    def user(self, authorization: str) -> User:
        """The user of an Authorization header; raises 401."""
        match = _BEARER.fullmatch(authorization)
        given = _digest(match[1] if match else "")
        found = None
        for digest, holder in self._holders.items():
            if hmac.compare_digest(digest, given):
                found = holder
        if match is None or found is None or found.expires <= self._now():
            raise unauthorized()
        return found.user


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
