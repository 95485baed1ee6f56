"""The kubelets' `/metrics/resource` through the node proxy: fresher than metrics.k8s.io.

A kubelet answers counters of CPU seconds with the time each was read; the difference of two
scrapes is a usage with an exact window. The first scrape of a container therefore gives nothing
yet. A kubelet reads its containers every 10 to 15 s: as long as the time of a counter stands still,
the last usage stays what is known, with its true age.
Source: Kubernetes, "Metrics For Kubernetes System Components", `/metrics/resource`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from scaler.decision.types import Sample
from scaler.sources.beside import ANSWER_TIMEOUT, Beside
from scaler.sources.kind import Kind
from scaler.sources.samples import Samples, Sampling, SourceError
from shared.kube.client import KubeClient
from shared.kube.errors import KubeError
from shared.service.spaces import Spaces

PARALLEL: Final = 16
"""Nodes asked at a time."""

_LINE: Final = re.compile(
    r'^container_cpu_usage_seconds_total\{container="([^"]*)",namespace="([^"]*)",pod="([^"]*)"\}'
    r" ([0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,2})?) ([0-9]{1,15})$",
    re.MULTILINE | re.ASCII,
)

Key = tuple[str, str]
"""Pod and container."""


@dataclass(frozen=True, slots=True)
class Counter:
    """CPU seconds used since the container's start, and when the kubelet read them."""

    time: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Rate:
    """milliCPU over the window that ends at `time`."""

    time: float
    window: float
    milli: int


def counters(text: str, spaces: Spaces) -> Iterator[tuple[Key, Counter]]:
    """The CPU counters of a kubelet's answer, those of services' namespaces."""
    for container, where, pod, value, millis in _LINE.findall(text):
        if spaces.has(where):
            yield (pod, container), Counter(int(millis) / 1000, float(value))


class Rates:
    """Rates out of successive counters; what is not seen in a round is forgotten."""

    def __init__(self) -> None:
        self._last: dict[Key, tuple[Counter, Rate | None]] = {}

    def update(self, seen: Iterable[tuple[Key, Counter]]) -> Mapping[Key, Rate]:
        """Take in one round of scrapes; the rates known after it."""
        self._last = {key: self._advance(key, counter) for key, counter in seen}
        return {key: rate for key, (_, rate) in self._last.items() if rate is not None}

    def _advance(self, key: Key, new: Counter) -> tuple[Counter, Rate | None]:
        old, rate = self._last.get(key, (None, None))
        if old is None or new.seconds < old.seconds:  # a counter that fell: the container is new
            return new, None
        window = new.time - old.time
        if window <= 0:
            return old, rate
        return new, Rate(new.time, window, round((new.seconds - old.seconds) / window * 1000))


class Kubelet:
    """Usage from the kubelets of the nodes that run pods of services."""

    name = "kubelet"

    def __init__(
        self,
        kube: KubeClient,
        spaces: Spaces,
        nodes: Callable[[], Iterable[str]],
        patience: float = ANSWER_TIMEOUT,
    ) -> None:
        self._kube = kube
        self._spaces = spaces
        self._nodes = nodes
        self._rates = Rates()
        self._slots = asyncio.Semaphore(PARALLEL)
        self._questions: Beside[str | SourceError] = Beside("kubelet", patience)
        self._seen: dict[str, list[tuple[Key, Counter]]] = {}
        """By node, of the last answer; of one that takes long it stands until it has failed."""

    async def fetch(self) -> Samples:
        nodes = sorted(set(self._nodes()))
        answers = await self._questions.round(nodes, self._scrape)
        failures = tuple(str(each) for each in answers.values() if isinstance(each, SourceError))
        if nodes and len(failures) == len(nodes):
            raise SourceError(failures[0])
        self._seen = {node: self._seen[node] for node in nodes if node in self._seen}
        for node, answer in answers.items():
            failed = isinstance(answer, SourceError)
            self._seen[node] = [] if failed else list(counters(str(answer), self._spaces))
        rates = self._rates.update(item for seen in self._seen.values() for item in seen)
        return Samples(pods_of(rates), failures=failures)

    async def close(self) -> None:
        await self._questions.close()

    async def _scrape(self, node: str) -> str | SourceError:
        async with self._slots:
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    return await self._kube.text(f"/api/v1/nodes/{node}/proxy/metrics/resource")
            except TimeoutError:
                return SourceError(f"kubelet of node {node} did not answer in time")
            except KubeError as error:
                return SourceError(
                    f"kubelet of node {node}: {error}; "
                    "the scaler's cluster role needs the verb get on nodes/proxy"
                )


def pods_of(rates: Mapping[Key, Rate]) -> dict[str, Sample]:
    """Rates of containers as samples of pods: as old as the oldest of them, as short a window."""
    grouped: dict[str, dict[str, Rate]] = {}
    for (pod, container), rate in rates.items():
        grouped.setdefault(pod, {})[container] = rate
    return {
        pod: Sample(
            time=min(rate.time for rate in each.values()),
            window_s=min(rate.window for rate in each.values()),
            usage_m={name: rate.milli for name, rate in each.items()},
        )
        for pod, each in grouped.items()
    }


KIND: Final = Kind(
    Kubelet.name,
    make=lambda access, _: Kubelet(access.kube, access.spaces, access.nodes, access.patience),
    sampling=Sampling.KUBELET,
    warm_up_s=20.0,  # longer than a kubelet takes to count anew
)
