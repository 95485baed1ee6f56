"""A Prometheus server's query API: one instant query a fetch.

The query must give cores by the labels `pod` and `container`. Source: Prometheus documentation,
"HTTP API", instant queries, result type vector.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from scaler.decision.types import Sample
from scaler.sources.http import check_url, get_json
from scaler.sources.kind import Kind
from scaler.sources.samples import Samples, Sampling, SourceError
from shared.service.durations import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiohttp

    from scaler.sources.kind import Access
    from shared.service.fields import Fields

QUERY: Final = (  # NAMESPACE stands for the namespace of the services
    "sum by (pod, container) (rate(container_cpu_usage_seconds_total"
    '{namespace="NAMESPACE",container!="",container!="POD"}[1m]))'
)

MAX_WINDOW: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Options:
    """The section `prometheus` of the configuration; `window` is in seconds."""

    url: str = ""
    query: str = QUERY
    window: float = 60.0


class Prometheus:
    """Usage from a Prometheus server.

    `window` is the range of the query's rate, in seconds. A rate is absent as soon as its range
    holds fewer than two scrapes, so what it says is never older than the window.
    """

    name = "prometheus"

    def __init__(self, session: aiohttp.ClientSession, url: str, query: str, window: float) -> None:
        self._session = session
        self._url = url.rstrip("/") + "/api/v1/query"
        self._query = query
        self._window = window

    async def fetch(self) -> Samples:
        answer = await get_json(self._session, self._url, {"query": self._query})
        try:
            return read(answer, self._window)
        except (KeyError, TypeError) as error:
            raise SourceError(
                f"{self._url} did not answer a vector; prometheus.query must be an instant query "
                "by pod and container"
            ) from error

    async def close(self) -> None:
        """No question outlasts a fetch."""


def read(answer: Mapping[str, Any], window: float) -> Samples:
    """A vector as samples of pods, each as old as its oldest series."""
    pods: dict[str, dict[str, int | None]] = {}
    times: dict[str, float] = {}
    malformed = 0
    for series in answer["data"]["result"]:
        try:
            pod, container, time, milli = _point(series)
        except (KeyError, TypeError, ValueError, OverflowError):
            malformed += 1
            continue
        pods.setdefault(pod, {})[container] = milli
        times[pod] = min(time, times.get(pod, time))
    usage = {pod: Sample(times[pod], window, containers) for pod, containers in pods.items()}
    return Samples(usage, malformed)


def _point(series: Mapping[str, Any]) -> tuple[str, str, float, int]:
    labels = series["metric"]
    time, cores = series["value"]
    return labels["pod"], labels["container"], float(time), math.ceil(float(cores) * 1000)


def configure(section: Fields, chosen: bool) -> Options:
    """The options in `section`; problems are added to those of the section."""
    default = Options()
    options = Options(
        url=section.parsed("url", default=default.url, parse=check_url),
        query=section.text("query", default=default.query),
        window=section.parsed("window", default=default.window, parse=bounded(1, MAX_WINDOW)),
    )
    if chosen and not options.url:
        section.error("url", "is missing; the source prometheus needs its address")
    return options


def make(access: Access, options: Options) -> Prometheus:
    """The source that `options` describe."""
    query = options.query
    if access.spaces.per_owner:
        query = query.replace('="NAMESPACE"', f'=~"{access.spaces.pattern}"')
    query = query.replace("NAMESPACE", access.spaces.main)
    return Prometheus(access.session, options.url, query, options.window)


KIND: Final = Kind(Prometheus.name, make, Sampling.METRICS_SERVER, configure)
