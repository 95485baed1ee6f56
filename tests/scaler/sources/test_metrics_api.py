from __future__ import annotations

import orjson
import pytest

from scaler.decision.types import Sample
from scaler.sources.metrics_api import MetricsApi, read
from scaler.sources.samples import SourceError
from shared.kube.client import KubeClient
from shared.service.spaces import Spaces
from tests.scaler.objects import NOW, pod_metrics
from tests.shared.kube.conftest import *  # noqa: F403  the scripted API server
from tests.shared.kube.scripted import Answer, Script, refuses, resets, says


async def test_one_request_asks_for_all_pods(api: Script, kube: KubeClient) -> None:
    api.then(says({"items": [pod_metrics("a", 0, "250m"), pod_metrics("b", 1, "1999999n")]}))
    samples = await MetricsApi(kube, Spaces()).fetch()
    assert samples.pods == {
        "a-dlp-1-0": Sample(NOW, 15.0, {"main": 250}),
        "b-dlp-1-1": Sample(NOW, 15.0, {"main": 2}),
    }
    [call] = api.calls
    assert call.path == "/apis/metrics.k8s.io/v1beta1/namespaces/oscar-svc/pods"


async def test_samples_that_are_no_newer_are_those_of_before(api: Script, kube: KubeClient) -> None:
    first, same = pod_metrics("a", 0, "250m"), pod_metrics("b", 1, "3m")
    later = pod_metrics("a", 0, "500m") | {"timestamp": "2030-01-01T00:00:00Z"}
    for items in ([first, same], [later, same], [same]):
        api.then(says({"items": items}))
    source = MetricsApi(kube, Spaces())
    one, two, three = [(await source.fetch()).pods for _ in range(3)]
    assert two["a-dlp-1-0"].usage_m == {"main": 500}
    assert one["b-dlp-1-1"] is two["b-dlp-1-1"] is three["b-dlp-1-1"]
    assert set(three) == {"b-dlp-1-1"}, "of who is gone nothing stays"


@pytest.mark.parametrize(
    ("cpu", "milli"),
    [("0", 0), ("1n", 1), ("5u", 1), ("12m", 12), ("2", 2000), ("1500k", 15 * 10**8)],
)
def test_cpu_is_rounded_up_to_milli(cpu: str, milli: int) -> None:
    [usage] = read(orjson.dumps({"items": [pod_metrics("a", 0, cpu)]})).pods.values()
    assert usage.usage_m == {"main": milli}


def test_what_makes_no_sense_is_counted_and_the_rest_is_read() -> None:
    good = pod_metrics("a", 0, "1m")
    without_cpu = pod_metrics("a", 1, "1m")
    without_cpu["containers"][0]["usage"] = {}
    bad = [
        pod_metrics("a", 2, "much"),
        pod_metrics("a", 3, "1m") | {"timestamp": "yesterday"},
        pod_metrics("a", 4, "1m") | {"window": "long"},
        pod_metrics("a", 5, "1m") | {"containers": [{"name": "main"}]},
        pod_metrics("a", 6, "1m") | {"containers": [{"name": "main", "usage": {"cpu": 1}}]},
        {"metadata": {}},
        {},
    ]
    samples = read(orjson.dumps({"items": [good, without_cpu, *bad]}))
    assert samples.malformed == len(bad)
    assert samples.pods["a-dlp-1-1"].usage_m == {"main": None}
    assert set(samples.pods) == {"a-dlp-1-0", "a-dlp-1-1"}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (refuses(404, "NotFound"), "install metrics-server"),
        (refuses(403, "Forbidden"), "grant the scaler's role the verb list"),
        (refuses(503, "ServiceUnavailable", "starting"), "starting"),
        (resets(), "did not answer"),
        (says({"items": 5}), "answered no list of pods"),
    ],
)
async def test_a_failure_says_what_to_do(
    api: Script, kube: KubeClient, answer: Answer, message: str
) -> None:
    api.otherwise = answer
    with pytest.raises(SourceError, match=message):
        await MetricsApi(kube, Spaces()).fetch()
