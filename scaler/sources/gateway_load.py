"""Asks the gateways how busy each service is: requests in flight and requests that wait.

A gateway answers `GET /load` on its admin port with `{service: {"in_flight": n, "waiting": n,
"request_seconds": x, "seconds": x}}`; older ones leave the last two out (see `in_flight`). The
loads of all gateways add up, so a sum is only whole when every one of them answered. A host name
with several addresses (a headless Service) stands for as many gateways.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any

from yarl import URL

from scaler.sources.http import get_json
from scaler.sources.in_flight import AnswerHistory, Count
from scaler.sources.loads import Load, Loads, total
from scaler.sources.samples import SourceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import aiohttp


async def addresses(endpoint: URL) -> list[str]:
    """One URL an address of the host."""
    found = await asyncio.get_running_loop().getaddrinfo(
        endpoint.host, endpoint.port, type=socket.SOCK_STREAM
    )
    return sorted({str(endpoint.with_host(str(address[4][0]))) for address in found})


class GatewayLoad:
    """Asks every gateway behind `endpoints` (URLs of admin ports), which `lookup` finds.

    Keeps what the present gateways said of their present services in the last seconds.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoints: Sequence[str],
        monotonic: Callable[[], float] = time.monotonic,
        lookup: Callable[[URL], Awaitable[list[str]]] = addresses,
    ) -> None:
        self._session = session
        self._monotonic = monotonic
        self._lookup = lookup
        self._past: dict[str, dict[str, AnswerHistory]] = {}
        """By the URL of a gateway and the name of a service."""
        self._endpoints = [URL(each) / "load" for each in endpoints]

    async def fetch(self) -> Loads:
        """The loads of all services; a gateway that fails is named, not fatal."""
        found = await asyncio.gather(*(self._find(each) for each in self._endpoints))
        urls = [url for addresses, _ in found for url in addresses]
        self._past = {url: self._past.get(url, {}) for url in urls}
        answers = await asyncio.gather(*(self._ask(url) for url in self._past))
        failures = [failure for _, failure in found if failure]
        failures += [str(each) for each in answers if isinstance(each, SourceError)]
        loads = [each for each in answers if not isinstance(each, SourceError)]
        return Loads(total(loads), tuple(failures))

    async def _find(self, endpoint: URL) -> tuple[list[str], str]:
        try:
            return await self._lookup(endpoint), ""
        except OSError as error:
            return [], f"{endpoint}: {error}"

    async def _ask(self, url: str) -> Mapping[str, Load] | SourceError:
        try:
            counts = read(await get_json(self._session, url))
        except SourceError as error:
            return error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return SourceError(f"{url} did not answer loads of services: {error!r}")
        return self._averaged(url, counts)

    def _averaged(self, url: str, counts: Mapping[str, Count]) -> dict[str, Load]:
        now, old = self._monotonic(), self._past[url]
        past = self._past[url] = {name: old.get(name) or AnswerHistory() for name in counts}
        return {
            name: Load(past[name].mean(count, now), count.waiting) for name, count in counts.items()
        }


def read(answer: Mapping[str, Any]) -> dict[str, Count]:
    """One gateway's answer; raises when it has another form."""
    return {
        name: Count(
            _whole(each["in_flight"]),
            _whole(each["waiting"]),
            _number(each["request_seconds"]) if "request_seconds" in each else None,
            _number(each.get("seconds", 0)),
        )
        for name, each in answer.items()
    }


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"{value!r} is not a number of requests")


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"{value!r} is not a time in seconds")
