"""Fetches samples and loads, once for all services, from the sources the configuration names.

Sources are asked beside the ticks: a round waits a moment for answers and takes what is there, so
that one that hangs holds up no decision. Each has one question open at most.
The loop and `explain` call it; which kinds of sources there are it leaves to the registry.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from scaler.control.evaluate import Inputs
from scaler.control.timing import FETCH_TIMEOUT
from scaler.sources.beside import FIRST_PATIENCE, Beside
from scaler.sources.gateway_load import GatewayLoad
from scaler.sources.idleness import Idleness
from scaler.sources.registry import kind_of
from scaler.sources.samples import Samples, SourceError
from shared.kube.errors import TooManyRequests
from shared.runtime.clock import SystemClock

if TYPE_CHECKING:
    from scaler.config.document import SourceConfig
    from scaler.sources.kind import Access
    from scaler.sources.loads import Loads
    from scaler.sources.samples import Source
    from shared.runtime.clock import Clock

MAX_BACK_OFF: Final = 60.0
"""Seconds for which an API server may ask us to back off."""


class Listener(Protocol):
    """Who is told what went wrong."""

    def source(self, kind: str, problem: str) -> None:
        """A source did not answer, wholly or in part."""

    def malformed(self, count: int) -> None:
        """Entries of a source that could not be read."""

    def ages(self, kind: str, age: float | None) -> None:
        """Seconds since the samples of a source came; None: they never came."""

    def gateways(self, heard: int, silent: int) -> None:
        """How many gateways answer, and how many do not."""


class Closing(Protocol):
    """What has questions open between two rounds."""

    async def close(self) -> None:
        """Drop them, and wait for their end."""


class Fetcher:
    """Holds the sources of one configuration, and gives up an answer after `timeout` seconds."""

    def __init__(
        self,
        access: Access,
        listener: Listener,
        clock: Clock | None = None,
        timeout: float = FETCH_TIMEOUT,
    ) -> None:
        self._access = access
        self._listener = listener
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._back_off_until = float("-inf")
        self._config: SourceConfig | None = None
        self._source: Source
        self._gateways: GatewayLoad | None = None
        self._question: Beside[tuple[Samples, str]]
        self._said: tuple[Samples, str]
        self._heard: float | None = None
        self._left: list[Closing] = []
        """Of earlier configurations; they have questions open."""

    def configure(self, config: SourceConfig) -> None:
        """Take sources from `config`; those of an equal one stay, with what they know."""
        if config == self._config:
            return
        if self._config is not None:
            self._left += self._parts()
        self._config = config
        self._back_off_until = float("-inf")
        self._source = kind_of(config.kind).make(self._access, config.options)
        self._gateways = self._gateways_of(config)
        patience = self._access.patience
        self._question = Beside("source", patience, max(patience, FIRST_PATIENCE))
        self._said = Samples({}), f"{self._source.name} has not answered yet"
        self._heard = None

    @property
    def gateways(self) -> tuple[str, ...]:
        """The admin ports of all gateways that are known."""
        return () if self._gateways is None else self._gateways.gateways

    async def fetch(self) -> Inputs:
        """One round; what fails is reported and absent, never fatal."""
        await self._leave()
        (samples, error), loads = await asyncio.gather(self._samples(), self._loads())
        return Inputs(samples, error, loads)

    async def fetch_loads(self) -> Inputs:
        """One round of the gateways alone, for when no service needs more."""
        await self._leave()
        return Inputs(samples_error="no samples were asked for", loads=await self._loads())

    async def idleness(self) -> Idleness:
        """Who uses which service right now."""
        return Idleness() if self._gateways is None else await self._gateways.idleness()

    async def close(self) -> None:
        """Drop all questions."""
        if self._config is not None:
            self._left += self._parts()
        await self._leave()

    def _parts(self) -> list[Closing]:
        parts: list[Closing] = [self._question, self._source]
        return parts if self._gateways is None else [*parts, self._gateways]

    async def _leave(self) -> None:
        while self._left:
            await self._left.pop(0).close()

    def _gateways_of(self, config: SourceConfig) -> GatewayLoad | None:
        if not config.gateways:
            return None
        return GatewayLoad(
            self._access.session,
            config.gateways,
            self._clock.monotonic,
            patience=self._access.patience,
        )

    async def _samples(self) -> tuple[Samples, str]:
        wait = self._back_off_until - self._clock.monotonic()
        if wait > 0:
            return Samples({}), f"{self._source.name} asks to wait {wait:.0f} s more"
        answers = await self._question.round((self._source.name,), self._ask)
        self._said = answers.get(self._source.name, self._said)
        age = None if self._heard is None else self._clock.monotonic() - self._heard
        self._listener.ages(self._source.name, age)
        return self._said

    async def _ask(self, _: str) -> tuple[Samples, str]:
        try:
            async with asyncio.timeout(self._timeout):
                samples = await self._source.fetch()
        except (SourceError, TimeoutError) as error:
            self._back_off(error.__cause__)
            text = str(error) or f"{self._source.name} did not answer within {self._timeout:g} s"
            self._listener.source(self._source.name, text)
            return Samples({}), text
        for failure in samples.failures:
            self._listener.source(self._source.name, failure)
        self._listener.malformed(samples.malformed)
        self._heard = self._clock.monotonic()
        return samples, ""

    def _back_off(self, cause: BaseException | None) -> None:
        if isinstance(cause, TooManyRequests):
            seconds = min(cause.retry_after or 0.0, MAX_BACK_OFF)
            self._back_off_until = self._clock.monotonic() + seconds

    async def _loads(self) -> Loads | None:
        if self._gateways is None:
            return None
        loads = await self._gateways.fetch()
        for failure in loads.failures:
            self._listener.source("gateway", failure)
        self._listener.gateways(loads.heard, loads.silent)
        return loads if loads.known else None
