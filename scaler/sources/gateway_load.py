"""How busy the gateways say each service is: requests in flight and requests that wait.

A gateway answers `GET /load` on its admin port with `{service: {"in_flight": n, "waiting": n}}`.
The loads of all gateways add up, so a sum is only whole when every one of them answered. A host
name with several addresses (a headless Service) stands for as many gateways.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from yarl import URL

from scaler.sources.http import get_json
from scaler.sources.samples import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import aiohttp


@dataclass(frozen=True, slots=True)
class Load:
    """Requests of one service at one moment, over all gateways."""

    in_flight: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Loads:
    """One round of asking the gateways."""

    services: Mapping[str, Load] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    """Gateways that did not answer; with any, `services` is a lower bound."""


class GatewayLoad:
    """Asks every gateway behind `endpoints` (URLs of admin ports)."""

    def __init__(self, session: aiohttp.ClientSession, endpoints: Sequence[str]) -> None:
        self._session = session
        self._endpoints = [URL(each) / "load" for each in endpoints]

    async def fetch(self) -> Loads:
        """The loads of all services; a gateway that fails is named, not fatal."""
        answers = await asyncio.gather(*(self._ask(each) for each in self._endpoints))
        failures = [failure for _, failed in answers for failure in failed]
        return Loads(total(load for loads, _ in answers for load in loads), tuple(failures))

    async def _ask(self, endpoint: URL) -> tuple[list[Mapping[str, Load]], list[str]]:
        try:
            urls = await _addresses(endpoint)
        except OSError as error:
            return [], [f"{endpoint}: {error}"]
        answers = await asyncio.gather(*(self._one(url) for url in urls))
        loads = [each for each in answers if not isinstance(each, SourceError)]
        return loads, [str(each) for each in answers if isinstance(each, SourceError)]

    async def _one(self, url: str) -> Mapping[str, Load] | SourceError:
        try:
            return read(await get_json(self._session, url))
        except SourceError as error:
            return error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return SourceError(f"{url} did not answer loads of services: {error!r}")


def read(answer: Mapping[str, Any]) -> dict[str, Load]:
    """One gateway's answer; raises when it has another form."""
    return {
        name: Load(_count(each["in_flight"]), _count(each["waiting"]))
        for name, each in answer.items()
    }


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"{value!r} is not a number of requests")


def total(loads: Iterable[Mapping[str, Load]]) -> dict[str, Load]:
    """Loads of several gateways added up by service."""
    sums: dict[str, Load] = {}
    for each in loads:
        for name, load in each.items():
            sum_ = sums.get(name, Load())
            sums[name] = Load(sum_.in_flight + load.in_flight, sum_.waiting + load.waiting)
    return sums


async def _addresses(endpoint: URL) -> list[str]:
    """One URL an address of the host."""
    found = await asyncio.get_running_loop().getaddrinfo(
        endpoint.host, endpoint.port, type=socket.SOCK_STREAM
    )
    return sorted({str(endpoint.with_host(str(address[4][0]))) for address in found})
