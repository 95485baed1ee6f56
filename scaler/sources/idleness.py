"""For how long nobody has used a service, by all gateways together. Pure.

One gateway that does not tell may have a request of any service, so then nothing is known to be
idle. A gateway that does not list a service has had none of it since it began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaler.sources.in_flight import Count


@dataclass(frozen=True, slots=True)
class Heard:
    """What the gateway at `url` said last; `up_s` is for how long its youngest worker has counted,
    None when it does not say, as older ones do."""

    url: str
    up_s: float | None
    counts: Mapping[str, Count]
    whole: bool = True
    """False: one of its workers does not tell."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Of one service: requests, streams and tunnels that are not over, and seconds since the last
    of them ended at any gateway. `unheard` says in words which gateway does not tell."""

    open: int = 0
    idle_s: float = 0.0
    unheard: str = ""


@dataclass(frozen=True, slots=True)
class Idleness:
    """All gateways at one moment; `unheard` has a text for each that is silent or not found."""

    gateways: tuple[Heard, ...] = ()
    unheard: tuple[str, ...] = ()

    def of(self, service: str) -> Idle:
        """What is known of one service."""
        if self.unheard:
            return Idle(unheard=self.unheard[0])
        if not self.gateways:
            return Idle(unheard="no gateway tells its requests")
        opened, idle = 0, float("inf")
        for gateway in self.gateways:
            count = gateway.counts.get(service)
            up = gateway.up_s
            if not gateway.whole or (count is not None and not count.whole):
                return Idle(unheard=f"a worker of {gateway.url} is silent")
            if up is None or (count is not None and (count.open is None or count.idle_s is None)):
                return Idle(
                    unheard=f"{gateway.url} is of a version that does not tell what is open"
                )
            opened += (count.open or 0) if count else 0
            idle = min(idle, (count.idle_s or 0.0) if count else up)
        return Idle(opened, idle)
