"""Requests of services as values: what gateways say, added up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Load:
    """Requests of one service, over all gateways: a mean of those in flight, and who waits now.

    Those that wait are not averaged: they are held back because there is no slot, so that their
    number is no accident, and a burst is seen at once.
    """

    in_flight: float = 0
    waiting: int = 0
    arrivals: float | None = None
    request_seconds: float | None = None
    """Counters that only grow while this process asks; None: the gateways do not say."""
    pods: Mapping[str, int] = field(default_factory=dict)
    """Requests by the name of the pod that has them."""
    whole: bool = True
    """False: a gateway is silent, and its last counts are in the sums."""


@dataclass(frozen=True, slots=True)
class Loads:
    """One round of asking the gateways."""

    services: Mapping[str, Load] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    """Gateways that did not answer; with any, `services` is a lower bound."""


def total(loads: Iterable[Mapping[str, Load]]) -> dict[str, Load]:
    """Loads of several gateways added up by service."""
    sums: dict[str, Load] = {}
    for each in loads:
        for name, load in each.items():
            sum_ = sums.get(name, Load())
            sums[name] = Load(sum_.in_flight + load.in_flight, sum_.waiting + load.waiting)
    return sums
