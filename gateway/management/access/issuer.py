"""One issuer of tokens: where its keys are, and the keys as long as they may be trusted.

Found by OpenID Connect Discovery. Keys are read again when they are old, and when a token names one
that is not among them (rotation): not more often than `AGAIN`, for anybody can invent names.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from gateway.management.access import bearer
from gateway.management.access.fetching import UnreachableError

if TYPE_CHECKING:
    from gateway.management.access.fetching import Fetch
    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

FRESH: Final = 3600.0
"""Seconds after which keys are read again."""
USABLE: Final = 24 * 3600.0
"""Seconds for which keys are used while they cannot be read again."""
AGAIN: Final = 30.0
"""Seconds between two readings that unknown names of keys make."""
RETRY: Final = 5.0
"""Seconds after a reading that failed before the next one."""
MOST_KEYS: Final = 64


class Issuer:
    """The keys of issuer `url`, which is what its tokens state, letter by letter."""

    def __init__(self, url: str, fetch: Fetch, clock: Clock) -> None:
        self.url = url
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: list[tuple[str, bearer.Key]] = []
        self._userinfo = ""
        self._read = float("-inf")
        """When the keys were read."""
        self._failed = float("-inf")
        """When reading them failed last, and why."""
        self._reason = ""

    async def keys(self, token: bearer.Unproved) -> list[bearer.Key]:
        """The keys that may have signed `token`; raises UnreachableError."""
        if not self._suffices(token) and not (self._lock.locked() and self._serves(token)):
            async with self._lock:
                if not self._suffices(token):  # nor what another request has read meanwhile
                    await self._renew()
        if self._failed > self._read and not self._serves(token):
            raise UnreachableError(self._reason)
        return bearer.fitting(token, self._keys)

    async def userinfo(self, token: bearer.Unproved) -> dict[str, Any]:
        """What the issuer says of the subject of `token`, beyond what stands in it; nothing if it
        offers no such answer. Raises UnreachableError."""
        if not self._userinfo:
            return {}
        return await self._fetch(self._userinfo, token.text)

    def _suffices(self, token: bearer.Unproved) -> bool:
        """Whether the keys that are here, or the failure to get them, are all there is to know."""
        now = self._clock.monotonic()
        if now - self._failed < RETRY:
            return True
        return now - self._read < (FRESH if bearer.names(token, self._keys) else AGAIN)

    def _serves(self, token: bearer.Unproved) -> bool:
        """Whether the key is here, perhaps an old one: good enough while it is read again."""
        usable = self._clock.monotonic() - self._read <= USABLE
        return usable and bearer.names(token, self._keys)

    async def _renew(self) -> None:
        try:
            document = await self._fetch(self.url.rstrip("/") + "/.well-known/openid-configuration")
            if document.get("issuer") != self.url:
                raise UnreachableError(f"{self.url}: it calls itself {document.get('issuer')!r}")
            self._keys = _keys(await self._fetch(str(document.get("jwks_uri", ""))))
        except UnreachableError as error:
            self._failed, self._reason = self._clock.monotonic(), str(error)
            log.warning("keys of issuer %s cannot be read: %s", self.url, error)
            return
        self._userinfo = str(document.get("userinfo_endpoint", ""))
        self._read = self._clock.monotonic()


def _keys(document: dict[str, Any]) -> list[tuple[str, bearer.Key]]:
    """The keys of a JWK Set that are of use, each with its name."""
    stated = document.get("keys")
    if not isinstance(stated, list):
        raise UnreachableError("its jwks_uri has no keys")
    named = [one for one in stated[:MOST_KEYS] if isinstance(one, dict)]
    found = [(str(one.get("kid", "")), bearer.import_key(one)) for one in named]
    return [(name, key) for name, key in found if key is not None]
