"""The resource metrics API, `metrics.k8s.io/v1beta1`: one list of the services' pods a fetch.

Source: kubernetes-sigs/metrics-server; a PodMetrics has `timestamp` (end of the window), `window`
and per container `usage.cpu`, a quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from scaler.decision.types import Sample
from scaler.sources.kind import Kind
from scaler.sources.samples import Samples, Sampling, SourceError
from shared.kube.client import KubeClient
from shared.kube.errors import Forbidden, KubeError, NotFound
from shared.kube.resources import POD_METRICS
from shared.service import quantity
from shared.service.durations import seconds
from shared.service.objects import unix_seconds
from shared.service.spaces import Spaces

MAIN: Final = Spaces()
_NONE: Final[Mapping[str, Sample]] = MappingProxyType({})
_ABSENT: Final = (
    "the API server does not serve metrics.k8s.io; install metrics-server, "
    "or choose another source in the scaler's configuration"
)
_FORBIDDEN: Final = "may not list pods.metrics.k8s.io; grant the scaler's role the verb list on it"


class MetricsApi:
    """Usage from the metrics API of the cluster."""

    name = "metrics.k8s.io"

    def __init__(self, kube: KubeClient, spaces: Spaces) -> None:
        self._kube = kube
        self._spaces = spaces
        self._last = Samples({})

    async def fetch(self) -> Samples:
        try:
            answer = await self._kube.body(POD_METRICS, self._spaces.watched)
        except NotFound as error:
            raise SourceError(_ABSENT) from error
        except Forbidden as error:
            raise SourceError(_FORBIDDEN) from error
        except KubeError as error:
            raise SourceError(f"metrics.k8s.io did not answer: {error}") from error
        try:
            self._last = read(answer, self._spaces, self._last.pods)
        except msgspec.DecodeError as error:
            raise SourceError(f"metrics.k8s.io answered no list of pods: {error}") from error
        return self._last

    async def close(self) -> None:
        """No question outlasts a fetch."""


class _Usage(msgspec.Struct, gc=False):
    cpu: str | None = None


class _Container(msgspec.Struct, gc=False):
    name: str
    usage: _Usage


class _Metadata(msgspec.Struct, gc=False):
    name: str
    namespace: str = ""


class _PodMetrics(msgspec.Struct, gc=False):
    metadata: _Metadata
    timestamp: str
    window: str
    containers: list[_Container]


class _PodMetricsList(msgspec.Struct, gc=False):
    items: list[msgspec.Raw] | None = None


_list = msgspec.json.Decoder(_PodMetricsList).decode
_item = msgspec.json.Decoder(_PodMetrics).decode


def read(answer: bytes, spaces: Spaces = MAIN, known: Mapping[str, Sample] = _NONE) -> Samples:
    """A PodMetricsList as samples; entries that make no sense are counted, not guessed at.

    There are thousands, so only what is needed of them is read: all of it, as `dict` and `list`,
    would take four times as long. Those that are `known` and no newer are as they were. Raises
    msgspec.DecodeError for what is no list.
    """
    pods: dict[str, Sample] = {}
    times, windows, last = _Read(unix_seconds), _Read(seconds), known.get
    malformed, several = 0, spaces.watched is None
    for raw in _list(answer).items or ():
        try:
            item = _item(raw)
            name, time, window = item.metadata.name, times[item.timestamp], windows[item.window]
            if several and not spaces.has(item.metadata.namespace):
                continue
            sample = last(name)
            if sample is None or sample.time != time or sample.window_s != window:
                used: dict[str, int | None] = {}
                for each in item.containers:
                    used[each.name] = _milli(each.usage.cpu)
                sample = Sample(time, window, used)
            pods[name] = sample
        except (msgspec.DecodeError, ValueError):
            malformed += 1
    return Samples(pods, malformed)


class _Read(dict[str, float]):
    """What `parse` makes of a text, once for each: pods of one scrape share theirs."""

    def __init__(self, parse: Callable[[str], float]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> float:
        self[text] = value = self._parse(text)
        return value


def _milli(cpu: str | None) -> int | None:
    if cpu is None:
        return None
    number = cpu[:-1]
    if cpu[-1:] == "n" and number.isascii() and number.isdigit():  # as metrics-server writes it
        return -(-int(number) // 1_000_000)
    return quantity.milli(cpu)


KIND: Final = Kind(
    MetricsApi.name,
    make=lambda access, _: MetricsApi(access.kube, access.spaces),
    sampling=Sampling.METRICS_SERVER,
)
