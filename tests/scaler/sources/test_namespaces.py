"""Each source, where owners have namespaces of their own: all of these, and no other."""

from __future__ import annotations

from typing import Any

from scaler.sources.kind import Access
from scaler.sources.kubelet import counters
from scaler.sources.metrics_api import MetricsApi
from scaler.sources.prometheus import Options, make
from shared.kube.client import KubeClient
from shared.service.spaces import Spaces
from tests.scaler.objects import pod_metrics
from tests.shared.kube.conftest import *  # noqa: F403  the scripted API server
from tests.shared.kube.scripted import Script, says

OWNERS = Spaces(per_owner=True)


def usage(name: str, namespace: str) -> dict[str, Any]:
    found = pod_metrics(name, 0, "1m")
    return {**found, "metadata": {**found["metadata"], "namespace": namespace}}


async def test_the_metrics_api_is_asked_once_for_all(api: Script, kube: KubeClient) -> None:
    places = {"a": "oscar-svc", "b": "oscar-svc-alice", "c": "kube-system"}
    api.then(says({"items": [usage(name, place) for name, place in places.items()]}))
    samples = await MetricsApi(kube, OWNERS).fetch()
    assert (set(samples.pods), samples.malformed) == ({"a-dlp-1-0", "b-dlp-1-0"}, 0)
    [call] = api.calls
    assert call.path == "/apis/metrics.k8s.io/v1beta1/pods"


def test_counters_of_a_kubelet_are_picked() -> None:
    line = 'container_cpu_usage_seconds_total{{container="m",namespace="{}",pod="{}"}} 1 1000\n'
    places = ("oscar-svc", "oscar-svc-alice", "oscar-svcs", "kube-system")
    text = "".join(line.format(place, place) for place in places)
    assert [pod for (pod, _), _ in counters(text, OWNERS)] == ["oscar-svc", "oscar-svc-alice"]


def test_prometheus_is_asked_by_a_pattern() -> None:
    def asked(spaces: Spaces) -> str:
        access = Access(None, None, spaces, tuple)  # type: ignore[arg-type]
        return make(access, Options(url="http://p"))._query

    assert '{namespace=~"oscar-svc(-.+)?"' in asked(OWNERS)
    assert '{namespace="oscar-svc"' in asked(Spaces())
