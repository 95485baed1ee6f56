"""Leader election over a coordination.k8s.io Lease.

The holder renews; a candidate takes the lease over once it has *seen it unchanged* for the lease's
duration, so no two machines' wall clocks are ever compared. The holder counts its own deadline from
before the renewal was sent, on a monotonic clock: whatever the network or a SIGSTOP did meanwhile,
it stops writing before any candidate can start. Every write carries the resourceVersion that was
read, so of two candidates one gets a conflict.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.kube.errors import Conflict, KubeError, NotFound, Unreachable
from shared.kube.remedy import remedy
from shared.kube.resources import LEASES
from shared.kube.times import micro_time
from shared.runtime.clock import Clock, SystemClock
from shared.service.objects import Obj

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.kube.client import KubeClient

log = logging.getLogger(__name__)

POLL: Final = 1.0
"""Seconds between two looks of a candidate, and between attempts of a failing holder."""
MARGIN: Final = 2.0
"""Seconds before the lease runs out at which writing stops: time for a write under way to land."""
REPEAT: Final = 60.0
"""Seconds before the same complaint is made again."""
RELEASE: Final = 2.0
"""Seconds a shutdown spends on giving the lease back, at most."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A Lease's spec and the monotonic time at which it was first seen so."""

    spec: Obj
    since: float


class Election:
    """Start `run()` as a supervised task; ask `may_write(clock.monotonic())` before each write.

    `identity` must be unique to the process. With a `duration` of 12 s a dead leader is replaced
    within 15 s, a leader that shut down cleanly within two; giving the lease back may take
    `release` seconds. `annotations` are what the holder lets others read in the Lease.
    """

    def __init__(
        self,
        kube: KubeClient,
        name: str,
        namespace: str,
        identity: str,
        clock: Clock | None = None,
        *,
        duration: int = 12,
        renew: float = 3.0,
        release: float = RELEASE,
        on_change: Callable[[bool], None] | None = None,
        annotations: Callable[[], Obj] | None = None,
    ) -> None:
        if not 0 < renew < duration - MARGIN:
            raise ValueError(f"renew: {renew} s must lie between 0 and duration - {MARGIN} s")
        self._kube = kube
        self._name = name
        self._namespace = namespace
        self._identity = identity
        self._clock = clock or SystemClock()
        self._duration = duration
        self._renew = renew
        self._release = release
        self._on_change = on_change
        self._annotations = annotations or dict
        self._seen: _Seen | None = None
        self._until = float("-inf")
        self._said, self._said_at = "", float("-inf")
        self.leading = False

    def may_write(self, now: float) -> bool:
        """Whether nobody else can hold the lease at monotonic time `now`, nor for `MARGIN` s."""
        return now < self._until - MARGIN

    async def run(self) -> None:
        """Campaign, hold and renew for ever; cancellation releases the lease."""
        try:
            while True:
                renewed = await self.attempt()
                await self._clock.sleep(self._renew if renewed else POLL)
        finally:
            await self._give_back()

    async def attempt(self) -> bool:
        """Try once to take or renew the lease; true if it is ours now."""
        sent = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._renew):
                held = await self._hold()
        except Conflict:  # somebody wrote in between; who, the next round will tell
            held = None
        except (KubeError, TimeoutError) as error:
            self._complain(error)
            held = None
        if held is not None:
            self._until = sent + self._duration if held else float("-inf")
        self._announce(self.may_write(self._clock.monotonic()))
        return bool(held)

    async def _hold(self) -> bool:
        """Take or keep the lease; False if somebody else has it."""
        try:
            lease = await self._kube.get(LEASES, self._name, self._namespace)
        except NotFound:
            if self._seen is not None and not self._available(self._seen.spec):
                return False  # somebody deleted it, but its holder may still write
            metadata = self._told({"name": self._name, "namespace": self._namespace})
            body = {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata}
            await self._kube.create(LEASES, body | {"spec": self._claim({})}, self._namespace)
            return True
        spec = lease.get("spec") or {}
        if not self._available(spec):
            return False
        told = self._told(lease["metadata"])
        claimed = lease | {"metadata": told, "spec": spec | self._claim(spec)}
        await self._kube.replace(LEASES, claimed, self._namespace)
        return True

    def _told(self, metadata: Obj) -> Obj:
        own = self._annotations()
        return (
            metadata | {"annotations": (metadata.get("annotations") or {}) | own}
            if own
            else metadata
        )

    def _available(self, spec: Obj) -> bool:
        now = self._clock.monotonic()
        if self._seen is None or self._seen.spec != spec:
            self._seen = _Seen(spec, now)
        holder = spec.get("holderIdentity") or ""
        lasts = float(spec.get("leaseDurationSeconds") or 0)
        return holder in ("", self._identity) or now - self._seen.since >= lasts

    def _claim(self, spec: Obj) -> Obj:
        now = micro_time(self._clock.now())
        claim: Obj = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": self._duration,
            "renewTime": now,
        }
        if spec.get("holderIdentity") == self._identity:
            return claim
        transitions = int(spec.get("leaseTransitions") or 0) + (1 if spec else 0)
        return claim | {"acquireTime": now, "leaseTransitions": transitions}

    async def _give_back(self) -> None:
        held = self._until > self._clock.monotonic()
        self._until = float("-inf")
        self._announce(False)
        if not held:
            return
        try:
            async with asyncio.timeout(self._release):
                lease = await self._kube.get(LEASES, self._name, self._namespace)
                if lease["spec"].get("holderIdentity") == self._identity:
                    lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
                    await self._kube.replace(LEASES, lease, self._namespace)
        except (KubeError, TimeoutError) as error:
            log.warning("lease %s not given back, it will run out: %s", self._name, error)

    def _announce(self, leading: bool) -> None:
        if leading == self.leading:
            return
        self.leading = leading
        log.info("%s %s lease %s", self._identity, "leads by" if leading else "lost", self._name)
        if self._on_change is not None:
            self._on_change(leading)

    def _complain(self, error: KubeError | TimeoutError) -> None:
        if isinstance(error, TimeoutError):
            error = Unreachable(f"no answer within {self._renew} s")
        now, said = self._clock.monotonic(), str(error)
        if self._said == said and now < self._said_at + REPEAT:
            return
        self._said, self._said_at = said, now
        hint = remedy(error, "get, create and update", LEASES, self._namespace)
        log.warning("lease %s: %s; %s", self._name, error, hint)
