"""Who holds which bearer token. There is no anonymous access.

The HTTP server asks it first of all; what a user may do is decided in `rbac`.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.embedded.access.rbac import User
from shared.embedded.errors import unauthorized, unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_TOKENS: Final = 1_000
API_AUDIENCE: Final = "https://kubernetes.default.svc"
"""Whom a token is meant for that names nobody: the API server itself."""
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE | re.ASCII)


def _always() -> bool:
    return True


class _Holder(NamedTuple):
    user: User
    expires: float = math.inf
    audiences: tuple[str, ...] = (API_AUDIENCE,)
    holds: Callable[[], bool] = _always


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

    def add(
        self,
        token: str,
        user: User,
        expires: float = math.inf,
        audiences: tuple[str, ...] = (API_AUDIENCE,),
        holds: Callable[[], bool] = _always,
    ) -> None:
        """Accept `token` until the Unix time `expires`, as long as it `holds`, of those for whom it
        is meant; forget those that do not hold any more."""
        now = self._now()
        if len(self._holders) >= self._most:
            kept = {
                digest: each
                for digest, each in self._holders.items()
                if each.expires > now and each.holds()
            }
            if len(kept) >= self._most:
                raise unavailable(f"more than {self._most} tokens are valid; let some expire")
            self._holders = kept
        self._holders[_digest(token)] = _Holder(user, expires, audiences, holds)

    def user(self, authorization: str) -> User:
        """The user of an Authorization header; raises 401."""
        match = _BEARER.fullmatch(authorization)
        return self.holder(match[1] if match else "")[0]

    def holder(self, token: str, audiences: Sequence[str] = ()) -> tuple[User, tuple[str, ...]]:
        """The user of a token, and for whom of `audiences` (none: the API server) it is meant;
        raises 401."""
        given, found = _digest(token), None
        for digest, holder in self._holders.items():
            if hmac.compare_digest(digest, given):
                found = holder
        if found is None or found.expires <= self._now() or not found.holds():
            raise unauthorized()
        meant = tuple(each for each in audiences or (API_AUDIENCE,) if each in found.audiences)
        if not meant:
            raise unauthorized()
        return found.user, meant


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
