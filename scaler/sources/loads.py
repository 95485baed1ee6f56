"""Requests of services as values: what gateways say, added up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaler.sources.idleness import Idleness
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@value
class Load:
    """Requests of one service, over all gateways: a mean of those in flight, and who waits now.

    Those that wait are not averaged: they are held back because there is no slot, so that their
    number is no accident, and a burst is seen at once.

    `arrivals` and `request_seconds` only grow as long as one source counts; None: not every gateway
    tells. `longest` are seconds, of the longest request of late. `pods` are requests in flight by
    pod; None: not every gateway tells. `whole` is False when a part is missing or out of date: then
    all sums are lower bounds.
    """

    in_flight: float = 0
    waiting: int = 0
    arrivals: float | None = None
    request_seconds: float | None = None
    longest: float = 0.0
    pods: Mapping[str, int] | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Loads:
    """One round of asking the gateways."""

    services: Mapping[str, Load] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    """What is wrong, in words."""
    whole: bool = True
    """False: a gateway is silent, or it is not known which there are. What is told of services,
    and of those that are not among them, are lower bounds."""
    heard: int = 0
    """Gateways whose counts are in the sums, as new as can be."""
    silent: int = 0
    """Gateways that do not answer; their last counts are in the sums for a while."""
    known: bool = True
    """False: no gateway says anything, and never has or not for long."""
    idleness: Idleness = field(default_factory=Idleness, compare=False)


def total(loads: Iterable[Mapping[str, Load]]) -> dict[str, Load]:
    """Loads of several gateways added up by service."""
    sums: dict[str, Load] = {}
    for each in loads:
        for name, load in each.items():
            sums[name] = _sum(sums[name], load) if name in sums else load
    return sums


def _sum(one: Load, other: Load) -> Load:
    return Load(
        one.in_flight + other.in_flight,
        one.waiting + other.waiting,
        _known(one.arrivals, other.arrivals),
        _known(one.request_seconds, other.request_seconds),
        max(one.longest, other.longest),
        _by_pod(one.pods, other.pods),
        one.whole and other.whole,
    )


def _known(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _by_pod(
    one: Mapping[str, int] | None, other: Mapping[str, int] | None
) -> Mapping[str, int] | None:
    if one is None or other is None:
        return None
    sums = dict(one)
    for name, count in other.items():
        sums[name] = sums.get(name, 0) + count
    return sums
