"""Asks the gateways how busy each service is: requests in flight and requests that wait.

A gateway answers `GET /load` on its admin port with `{service: {"in_flight": n, "waiting": n,
"arrivals": n, "request_seconds": x, "seconds": x, "longest": x, "pods": {name: n}, "open": n,
"idle_s": x}}`; older ones leave out all but the first two. Under `_gateway`, which no service can
be called, it tells of itself: `{"up_s": x}`. The loads of all gateways add up, so a sum is only
whole when every one of them answered. A host name with several addresses (a headless Service)
stands for as many gateways.
"""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
from yarl import URL

from scaler.sources.beside import ANSWER_TIMEOUT, FIRST_PATIENCE, Beside
from scaler.sources.gateway_books import Answer, GatewayBooks
from scaler.sources.http import get
from scaler.sources.idleness import Heard, Idleness
from scaler.sources.in_flight import Count, Number
from scaler.sources.loads import Load, Loads, total
from scaler.sources.samples import SourceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import aiohttp

    from scaler.sources.growth import Growth

LOOK_TIMEOUT: Final = 1.0
"""Seconds for which a write waits for what gateways say right before it."""
NEW_S: Final = 1.5
"""Seconds for which an answer says that nothing is open: it is of this tick or of the last one."""
_OWN: Final = "_gateway"
GONE_S: Final = 10.0
"""Seconds for which an address must be missing in the lookup, and silent, until its gateway is
gone: a name server may answer fewer addresses for a moment, and a gateway that ends still serves
its requests."""


async def addresses(endpoint: URL) -> list[str]:
    """One URL an address of the host."""
    found = await asyncio.get_running_loop().getaddrinfo(
        endpoint.host, endpoint.port, type=socket.SOCK_STREAM
    )
    return sorted({str(endpoint.with_host(str(address[4][0]))) for address in found})


class GatewayLoad:
    """Asks every gateway behind `endpoints` (URLs of admin ports), which `lookup` finds.

    A gateway that is silent holds up nobody. Its last counts stay in the sums, which are lower
    bounds then, until its address is gone from the lookup, or it was silent for LOST_S.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoints: Sequence[str],
        monotonic: Callable[[], float] = time.monotonic,
        lookup: Callable[[URL], Awaitable[list[str]]] = addresses,
        patience: float = ANSWER_TIMEOUT,
    ) -> None:
        self._session = session
        self._monotonic = monotonic
        self._lookup = lookup
        first = max(patience, FIRST_PATIENCE)
        self._lookups: Beside[list[str] | SourceError] = Beside("lookup", patience, first)
        self._questions: Beside[Answer | SourceError] = Beside("gateway", patience, first)
        self._endpoints = [str(URL(each) / "load") for each in endpoints]
        self._addresses: dict[str, list[str]] = {}
        """Of each endpoint, as last found."""
        self._unknown: dict[str, str] = {
            each: f"{each}: its address is being looked up" for each in self._endpoints
        }
        """Endpoints of which it is not known where they are, and why."""
        self._gateways: dict[str, GatewayBooks] = {}
        """By URL."""
        self._looking = asyncio.Lock()
        self._looked = float("-inf"), Idleness()
        """When the last look began, and what it found."""
        self._past: dict[str, tuple[float, float]] = {}
        """Growth of arrivals and request_seconds by service, of gateways that are gone."""

    async def fetch(self) -> Loads:
        """The loads of all services; a gateway that fails is named, not fatal."""
        await self._find()
        await self._ask()
        return self._told()

    async def idleness(self) -> Idleness:
        """What all gateways say now, and no answer from before; who asks meanwhile shares it."""
        asked = self._monotonic()
        async with self._looking:
            if self._looked[0] < asked:
                self._looked = self._monotonic(), await self._look()
            return self._looked[1]

    async def _look(self) -> Idleness:
        """Nothing is kept of the answers: the next round takes them in."""
        urls = list(self._gateways)
        answers = await asyncio.gather(*(self._question(url, LOOK_TIMEOUT) for url in urls))
        found = dict(zip(urls, answers, strict=True))
        failures = [str(each) for each in answers if isinstance(each, SourceError)]
        heard = [_heard(url, each) for url, each in found.items() if isinstance(each, Answer)]
        return Idleness(tuple(heard), (*self._unknown.values(), *failures))

    @property
    def gateways(self) -> tuple[str, ...]:
        """The admin ports of all gateways that were found and are not gone."""
        return tuple(_base(url) for url in self._gateways)

    async def close(self) -> None:
        """Drop all questions."""
        await self._lookups.close()
        await self._questions.close()

    async def _find(self) -> None:
        found = await self._lookups.round(self._endpoints, self._look_up)
        for endpoint, answer in found.items():
            if isinstance(answer, SourceError):
                self._unknown[endpoint] = str(answer)
            else:
                self._unknown.pop(endpoint, None)
                self._addresses[endpoint] = answer
        now = self._monotonic()
        for url in (url for urls in self._addresses.values() for url in urls):
            self._gateways.setdefault(url, GatewayBooks(now)).found = now

    async def _look_up(self, endpoint: str) -> list[str] | SourceError:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                found = await self._lookup(URL(endpoint))
        except OSError as error:
            return SourceError(f"{endpoint}: {error or 'its address is not found in time'}")
        return found or SourceError(f"{endpoint}: its name has no addresses")

    async def _ask(self) -> None:
        answers = await self._questions.round(self._gateways, self._question)
        now = self._monotonic()
        for url, answer in answers.items():
            gateway = self._gateways[url]
            if isinstance(answer, SourceError):
                gateway.problem = str(answer)
            else:
                self._settle(gateway.answered(answer, now))
        for url, gateway in list(self._gateways.items()):
            if now - gateway.found > GONE_S and not gateway.speaks(now):
                self._settle(self._gateways.pop(url).grown())

    async def _question(self, url: str, timeout: float = ANSWER_TIMEOUT) -> Answer | SourceError:
        try:
            async with asyncio.timeout(timeout):
                return read(await get(self._session, url))
        except SourceError as error:
            return error
        except TimeoutError:
            return SourceError(f"{url} did not answer in time")
        except msgspec.DecodeError as error:
            return SourceError(f"{url} did not answer loads of services: {error}")

    def _settle(self, grown: Mapping[str, Growth]) -> None:
        for name, growth in grown.items():
            arrivals, request_seconds = self._past.get(name, (0.0, 0.0))
            self._past[name] = arrivals + growth.arrivals, request_seconds + growth.request_seconds

    def _told(self) -> Loads:
        now, gateways = self._monotonic(), self._gateways
        sums = total(each.loads(now) for each in gateways.values())
        self._past = {name: past for name, past in self._past.items() if name in sums}
        services = {name: _with(load, self._past.get(name)) for name, load in sums.items()}
        silent = {url: each for url, each in gateways.items() if not each.speaks(now)}
        failures = [*self._unknown.values(), *(_silence(*each, now) for each in silent.items())]
        heard = sum(each.counts(now) for each in gateways.values())
        return Loads(
            services if heard else {},
            tuple(failures),
            whole=not failures and heard > 0,
            heard=len(gateways) - len(silent),
            silent=len(silent),
            known=heard > 0,
            idleness=self._idleness(tuple(failures), now),
        )

    def _idleness(self, failures: tuple[str, ...], now: float) -> Idleness:
        """Nobody knows what has begun since an answer: only new ones say that nothing is open."""
        gateways = self._gateways
        late = [
            f"{_base(url)} has not answered for {each.silence(now):.1f} s"
            for url, each in gateways.items()
            if each.silence(now) > NEW_S
        ]
        heard = [_heard(url, each.answer) for url, each in gateways.items()]
        return Idleness(tuple(heard), (*failures, *late))


def _heard(url: str, answer: Answer) -> Heard:
    return Heard(_base(url), answer.up_s, answer.counts, answer.whole)


def _base(url: str) -> str:
    """The admin port of which `url` is the load."""
    return str(URL(url).parent)


def _with(load: Load, past: tuple[float, float] | None) -> Load:
    if past is None:
        return load
    arrivals, request_seconds = load.arrivals, load.request_seconds
    return replace(
        load,
        arrivals=None if arrivals is None else arrivals + past[0],
        request_seconds=None if request_seconds is None else request_seconds + past[1],
    )


def _silence(url: str, gateway: GatewayBooks, now: float) -> str:
    seconds = gateway.silence(now)
    text = gateway.problem or f"{url} has not answered for {seconds:.0f} s"
    if gateway.heard is None:
        return text
    if gateway.counts(now):
        return f"{text}; its last counts are kept, and nothing shrinks meanwhile"
    return (
        f"{text}; it has been silent for {seconds:.0f} s and its counts are given up, and nothing "
        "shrinks until it answers or is gone: delete its pod, or correct `gateways`"
    )


class _Own(msgspec.Struct):
    """What a gateway tells of itself."""

    up_s: Number | None = None
    whole: bool = True


_services = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_own = msgspec.json.Decoder(_Own).decode
_count = msgspec.json.Decoder(Count).decode


def read(answer: bytes) -> Answer:
    """One gateway's answer; raises msgspec.DecodeError when it has another form."""
    services = _services(answer)
    own = _own(services.pop(_OWN, b"{}"))
    counts = {name: _count(each) for name, each in services.items()}
    return Answer(counts, own.up_s, own.whole)
