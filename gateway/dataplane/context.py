"""What the connections of one process share: settings, services, time, memories, and books.

Made by the server, read by both ends and by the exchange. It knows none of them.
"""

from __future__ import annotations

import asyncio
import os
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from gateway.http2.pod_head import Remembered
from gateway.memory import Budget, Memory
from gateway.net.deadlines import Deadlines
from gateway.protocol.ids import Ids
from gateway.protocol.responses import date_line
from gateway.routing.compose import Profile
from gateway.routing.heads import Heads
from gateway.routing.planner import Planner
from gateway.routing.reply import Replies

if TYPE_CHECKING:
    from gateway.access_log import AccessLog
    from gateway.limits import Identity, Limits
    from gateway.net.descriptors import Descriptors
    from gateway.routing.cors import Cors
    from gateway.services.backend import Backend
    from gateway.services.registry import Services
    from gateway.stats import Stats
    from shared.runtime.addresses import Address

REMEMBERED: Final = 1024
"""Request heads, for each kind of connection."""
KEPT: Final = 8 * 1024 * 1024
"""Bytes of what is remembered of them."""
LAST_CALL: Final = 1.0
"""Seconds for which a connection stays open in a drain, for a client that was not told of it."""


class Context:
    """Made inside a running loop."""

    def __init__(
        self,
        services: Services,
        stats: Stats,
        limits: Limits,
        identity: Identity,
        cors: Cors,
        access_log: AccessLog,
        descriptors: Descriptors,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.services = services
        self.stats = stats
        self.limits = limits
        self.identity = identity
        self.access_log = access_log
        self.descriptors = descriptors
        self.planner = Planner(limits, identity, cors)
        self.ids = Ids(os.urandom)
        self.now = time.monotonic()
        """The time of deadlines, as of the last tick: monotonic, but for what the gateway itself
        was held up by. Not to be compared with any other clock."""
        self.date = date_line(time.time())
        """The line of Date, as of the last tick."""
        self.deadlines = Deadlines(self.now)
        self.leaving = False
        """Each answer from now on is the last on its connection; new ones are still accepted."""
        self.draining = False
        """No connection is accepted, and none is kept longer than for a last request."""
        self.pods: set[Backend] = set()
        """Those that may have connections of ours, so that no others are looked at."""
        self.connecting: set[asyncio.Task[None]] = set()
        """Attempts to reach a pod."""
        self.handshakes: set[asyncio.Task[None]] = set()
        """Of TLS, with clients."""
        self.cors = cors
        self.replies = Replies(limits, identity.via, cors.fields(None))
        self.pod_heads: Remembered = Memory(REMEMBERED, Budget(KEPT))
        """Heads that came from pods by HTTP/2."""
        self._requests = Budget(KEPT)
        self._kinds: dict[tuple[bytes, bool, bool, bytes], tuple[Profile, Heads]] = {}

    def trusts(self, address: str) -> bool:
        """Whether forwarded fields of this peer are believed."""
        if not self.identity.trusted:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return self.believes(parsed)

    def believes(self, address: Address) -> bool:
        """Whether this is the address of a proxy whose forwarded fields are believed."""
        return any(address in network for network in self.identity.trusted)

    def kind(
        self, scheme: bytes, address: str, misplaced: bool, version: bytes = b""
    ) -> tuple[Profile, Heads]:
        """What kind of connection this is, and the request heads remembered for it."""
        key = (scheme, self.trusts(address), misplaced, version)
        if key not in self._kinds:
            self._kinds[key] = (Profile(*key), Heads(REMEMBERED, self._requests, self.limits))
        return self._kinds[key]
