"""Which peers are proxies whose X-Forwarded-For is believed: networks, and names of hosts.

A name is that of a headless Service, whose addresses are the gateways' own. It is resolved when
somebody outside the networks calls, not more often than `AGAIN`; a name that cannot be is nobody's.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Final

from shared.runtime.addresses import Address, client, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

AGAIN: Final = 5.0
"""Seconds between two questions for the addresses of the names."""
_PATIENCE: Final = 2.0
Resolve = Callable[[str], Awaitable[set[Address]]]


async def resolved(name: str) -> set[Address]:
    """The addresses of a host; raises OSError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_PATIENCE):
        found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return {one for *_, where in found if (one := parse(str(where[0]))) is not None}


class Proxies:
    """Made of what MANAGEMENT_TRUSTED_PROXIES names: CIDRs, addresses and names of hosts."""

    def __init__(self, stated: Sequence[str], clock: Clock, resolve: Resolve = resolved) -> None:
        networks = [(word, network(word)) for word in stated]
        self._networks = [found for _, found in networks if found is not None]
        self._names = [word for word, found in networks if found is None]
        self._clock = clock
        self._resolve = resolve
        self._addresses: set[Address] = set()
        self._asked = float("-inf")

    async def client(self, peer: str, forwarded_for: str) -> str:
        """The address of whoever sent the request."""
        address = parse(peer)
        if forwarded_for and address is not None and not self._is_near(address):
            await self._ask()
        return client(peer, forwarded_for, self._trusts)

    def _trusts(self, address: Address) -> bool:
        return address in self._addresses or self._is_near(address)

    def _is_near(self, address: Address) -> bool:
        return any(address in one for one in self._networks)

    async def _ask(self) -> None:
        now = self._clock.monotonic()
        if not self._names or now - self._asked < AGAIN:
            return
        self._asked = now
        answers = await asyncio.gather(
            *(self._resolve(name) for name in self._names), return_exceptions=True
        )
        found: set[Address] = set()
        for name, answer in zip(self._names, answers, strict=True):
            if isinstance(answer, OSError | TimeoutError | UnicodeError):
                log.warning("the addresses of proxy %s are not known: %s", name, answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found |= answer
        self._addresses = found


def network(word: str) -> IPv4Network | IPv6Network | None:
    """The network that `word` is; None if it is a name."""
    try:
        return ip_network(word)
    except ValueError:
        return None
