"""Fetches samples and loads, once for all services, from the sources the configuration names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from scaler.control.evaluate import Inputs
from scaler.sources.gateway_load import GatewayLoad, Loads
from scaler.sources.kubelet import Kubelet
from scaler.sources.metrics_api import MetricsApi
from scaler.sources.prometheus import Prometheus
from scaler.sources.samples import Samples, SourceError
from shared.kube.errors import TooManyRequests
from shared.runtime.clock import SystemClock
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import aiohttp

    from scaler.config.document import SourceConfig
    from scaler.sources.samples import Source
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock

TIMEOUT: Final = 5.0
"""Seconds a tick waits for its samples: changed bounds must act even when no source answers."""
MAX_QUIET: Final = 60.0
"""Seconds for which an API server may ask us not to ask for samples."""


class Listener(Protocol):
    """Who is told what went wrong."""

    def source(self, kind: str, problem: str) -> None:
        """A source did not answer, wholly or in part."""

    def malformed(self, count: int) -> None:
        """Entries of a source that could not be read."""


class Fetcher:
    """Holds the sources of one configuration; `nodes` answers the nodes that run pods."""

    def __init__(
        self,
        kube: KubeClient,
        session: aiohttp.ClientSession,
        nodes: Callable[[], Iterable[str]],
        listener: Listener,
        clock: Clock | None = None,
    ) -> None:
        self._kube = kube
        self._session = session
        self._nodes = nodes
        self._listener = listener
        self._clock = clock or SystemClock()
        self._quiet_until = float("-inf")
        self._config: SourceConfig | None = None
        self._source: Source
        self._gateways: GatewayLoad | None = None

    def configure(self, config: SourceConfig) -> None:
        """Take sources from `config`; those of an equal one stay, with what they know."""
        if config == self._config:
            return
        self._config = config
        self._quiet_until = float("-inf")
        self._source = self._source_of(config)
        self._gateways = self._gateways_of(config)

    async def fetch(self) -> Inputs:
        """One round; what fails is reported and absent, never fatal."""
        (samples, error), loads = await asyncio.gather(self._samples(), self._loads())
        return Inputs(samples, error, loads)

    def _source_of(self, config: SourceConfig) -> Source:
        match config.kind:
            case "kubelet":
                return Kubelet(self._kube, names.NAMESPACE, self._nodes)
            case "prometheus":
                query = config.query.replace("NAMESPACE", names.NAMESPACE)
                return Prometheus(self._session, config.url, query, config.window)
            case _:
                return MetricsApi(self._kube, names.NAMESPACE)

    def _gateways_of(self, config: SourceConfig) -> GatewayLoad | None:
        if not config.gateways:
            return None
        return GatewayLoad(self._session, config.gateways, self._clock.monotonic)

    async def _samples(self) -> tuple[Samples, str]:
        wait = self._quiet_until - self._clock.monotonic()
        if wait > 0:
            return Samples({}), f"{self._source.name} asks to wait {wait:.0f} s more"
        try:
            async with asyncio.timeout(TIMEOUT):
                samples = await self._source.fetch()
        except (SourceError, TimeoutError) as error:
            self._be_quiet(error.__cause__)
            text = str(error) or f"{self._source.name} did not answer within {TIMEOUT:g} s"
            self._listener.source(self._source.name, text)
            return Samples({}), text
        for failure in samples.failures:
            self._listener.source(self._source.name, failure)
        self._listener.malformed(samples.malformed)
        return samples, ""

    def _be_quiet(self, cause: BaseException | None) -> None:
        if isinstance(cause, TooManyRequests):
            seconds = min(cause.retry_after or 0.0, MAX_QUIET)
            self._quiet_until = self._clock.monotonic() + seconds

    async def _loads(self) -> Loads | None:
        if self._gateways is None:
            return None
        try:
            async with asyncio.timeout(TIMEOUT):
                loads = await self._gateways.fetch()
        except TimeoutError:
            loads = Loads(failures=(f"no gateway answered within {TIMEOUT:g} s",))
        for failure in loads.failures:
            self._listener.source("gateway", failure)
        return loads if loads.services or not loads.failures else None
