"""The resource metrics API, `metrics.k8s.io/v1beta1`: one list of the namespace a fetch.

Source: kubernetes-sigs/metrics-server; a PodMetrics has `timestamp` (end of the window), `window`
and per container `usage.cpu`, a quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from scaler.durations import seconds
from scaler.sources.samples import PodUsage, Samples, SourceError
from shared import quantity
from shared.kube.client import KubeClient
from shared.kube.errors import Forbidden, KubeError, NotFound
from shared.kube.resources import POD_METRICS

ONE_PAGE: Final = 1_000_000
"""A metrics-server knows no pages; so no other server needs to cut its answer either."""

_ABSENT: Final = (
    "the API server does not serve metrics.k8s.io; install metrics-server, "
    "or choose another source in the scaler's configuration"
)
_FORBIDDEN: Final = "may not list pods.metrics.k8s.io; grant the scaler's role the verb list on it"


class MetricsApi:
    """Usage from the metrics API of the cluster."""

    name = "metrics.k8s.io"

    def __init__(self, kube: KubeClient, namespace: str) -> None:
        self._kube = kube
        self._namespace = namespace

    async def fetch(self) -> Samples:
        try:
            answer = await self._kube.list(POD_METRICS, self._namespace, limit=ONE_PAGE)
        except NotFound as error:
            raise SourceError(_ABSENT) from error
        except Forbidden as error:
            raise SourceError(_FORBIDDEN) from error
        except KubeError as error:
            raise SourceError(f"metrics.k8s.io did not answer: {error}") from error
        return read(answer)


def read(answer: Mapping[str, Any]) -> Samples:
    """A PodMetricsList as samples; entries that make no sense are counted, not guessed at."""
    pods: dict[str, PodUsage] = {}
    times = _Times()
    malformed = 0
    for item in answer.get("items") or ():
        try:
            pods[item["metadata"]["name"]] = _usage(item, times)
        except (KeyError, TypeError, ValueError, AttributeError):
            malformed += 1
    return Samples(pods, malformed)


class _Times(dict[str, float]):
    """Unix seconds by timestamp: pods of one scrape share theirs."""

    def __missing__(self, text: str) -> float:
        self[text] = time = datetime.fromisoformat(text).timestamp()
        return time


def _usage(item: Mapping[str, Any], times: Mapping[str, float]) -> PodUsage:
    return PodUsage(
        time=times[item["timestamp"]],
        window=seconds(item["window"]),
        containers={each["name"]: _milli(each["usage"].get("cpu")) for each in item["containers"]},
    )


def _milli(cpu: str | None) -> int | None:
    if cpu is None:
        return None
    number = cpu[:-1]
    if cpu.endswith("n") and number.isascii() and number.isdigit():  # as metrics-server writes it
        return -(-int(number) // 1_000_000)
    return quantity.milli(cpu)
