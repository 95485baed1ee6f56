"""Callers who prove themselves by an OpenID Connect access token, as OSCAR accepts them.

A token is checked here, by its issuer's keys; when it does not state the groups that are asked for,
the issuer is asked once for what it says of the subject (UserInfo), which is remembered as long as
the token lasts, five minutes at most. The owner of what the caller makes is the token's subject.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from gateway.management import problems
from gateway.management.access import bearer
from gateway.management.access.caller import Caller
from gateway.management.access.fetching import RefusedError, UnreachableError
from gateway.management.access.groups import groups_of
from gateway.management.access.issuer import Issuer
from shared.service.authorization import MANAGEMENT_REALM
from shared.service.model import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.management.access.fetching import Fetch
    from shared.runtime.clock import Clock

REMEMBERED: Final = 300.0
"""Seconds for which an issuer's word of a subject holds."""
MOST_REMEMBERED: Final = 1000


@dataclass(frozen=True, slots=True)
class Rules:
    """Whose tokens are accepted."""

    issuers: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    """A token must be made for one of these; empty: for whomever it is made."""
    groups: frozenset[str] = frozenset()
    """Its subject must be in one of these; empty: everybody whom the issuer knows."""


class Oidc:
    """Reads tokens; raises RefusalError: 400 if it is none, 401 if it proves nothing, and 503."""

    def __init__(self, rules: Rules, fetch: Fetch, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._issuers = {url: Issuer(url, fetch, clock) for url in rules.issuers}
        self._told: OrderedDict[bytes, tuple[float, dict[str, Any]]] = OrderedDict()
        """By digest of a token: until when, and what its issuer says of the subject."""

    @property
    def enabled(self) -> bool:
        """Whether anybody's tokens are accepted."""
        return bool(self._issuers)

    async def caller(self, text: str) -> Caller:
        """Who proves himself by the token `text`."""
        try:
            token = bearer.read(text)
        except bearer.MalformedTokenError as error:
            raise _refusal(400, "invalid_request", str(error)) from error
        issuer = self._issuers.get(token.issuer)
        if issuer is None:
            sentence = f"{token.issuer[:200]!r} is not listed as an authorized issuer"
            raise _refusal(401, "invalid_token", sentence)
        try:
            return await self._proved(issuer, token)
        except bearer.InvalidTokenError as error:
            raise _refusal(401, "invalid_token", str(error)) from error
        except UnreachableError as error:
            raise problems.RefusalError(
                503, f"The token cannot be checked now: {error}; try again, or use Basic"
            ) from error

    async def _proved(self, issuer: Issuer, token: bearer.Unproved) -> Caller:
        keys = await issuer.keys(token)
        now = self._clock.now()
        claims = bearer.claims_of(token, keys, self._rules.audiences, now)
        if claims["sub"] == ADMINISTRATOR:
            raise bearer.InvalidTokenError("the token's subject is the administrator's own name")
        if not self._admits(claims):
            claims = {**claims, **await self._userinfo(issuer, token, claims, now)}
            if not self._admits(claims):
                raise bearer.InvalidTokenError("its subject is in none of the groups asked for")
        title = claims.get("name")
        return Caller(
            claims["sub"],
            admin=False,
            proof="bearer",
            title=title if isinstance(title, str) else "",
        )

    def _admits(self, claims: Mapping[str, Any]) -> bool:
        return not self._rules.groups or bool(self._rules.groups & groups_of(claims))

    async def _userinfo(
        self, issuer: Issuer, token: bearer.Unproved, claims: Mapping[str, Any], now: float
    ) -> dict[str, Any]:
        key = sha256(token.text.encode()).digest()
        until, told = self._told.get(key, (now, {}))
        if now < until:
            return told
        try:
            told = await issuer.userinfo(token)
        except RefusedError as error:
            raise bearer.InvalidTokenError("its issuer no longer accepts it") from error
        if told and told.get("sub") != claims["sub"]:  # OpenID Connect Core, section 5.3.2
            raise bearer.InvalidTokenError("its issuer knows it as somebody else's")
        self._told[key] = (min(now + REMEMBERED, claims["exp"] + bearer.LEEWAY), told)
        while len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)
        return told


def _refusal(status: int, error: str, sentence: str) -> problems.RefusalError:
    """As RFC 6750, section 3, has it."""
    described = "".join(char for char in sentence if " " <= char <= "~" and char not in '"\\')
    challenge = (
        f'Bearer realm="{MANAGEMENT_REALM}", error="{error}", error_description="{described}"'
    )
    return problems.RefusalError(status, sentence, {"WWW-Authenticate": challenge})
