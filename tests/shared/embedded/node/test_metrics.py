"""The forms in which usage is shown."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from shared.embedded.node.meter import Rate, Sample
from shared.embedded.node.metrics import PodUsage, node_metrics, pod_metrics, resource_text

RATE = Rate(time=1_795_341_600.25, window=1.0, cores=0.5, memory=3 * 2**20)
SAMPLE = Sample(1_795_341_600.25, 12.5, 3 * 2**20)


def usage(**fields: object) -> PodUsage:
    whole = {"rates": {"c": RATE}, "samples": {"c": SAMPLE}, "started": {"c": 1.0}, **fields}
    return PodUsage("n", "p", {"app": "web"}, **whole)  # type: ignore[arg-type]


def test_pod_metrics() -> None:
    assert pod_metrics(usage()) == {
        "kind": "PodMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {
            "name": "p",
            "namespace": "n",
            "creationTimestamp": "2026-11-22T10:00:00Z",
            "labels": {"app": "web"},
        },
        "timestamp": "2026-11-22T10:00:00.250Z",
        "window": "1.000s",
        "containers": [{"name": "c", "usage": {"cpu": "500000000n", "memory": "3072Ki"}}],
    }


def test_a_pod_with_a_container_of_one_sample_has_none_yet() -> None:
    assert pod_metrics(usage(rates={})) is None
    assert pod_metrics(usage(samples={"c": SAMPLE, "d": SAMPLE})) is None


def test_node_metrics() -> None:
    found = node_metrics({"metadata": {"name": "local"}}, RATE)
    assert found["usage"] == {"cpu": "500000000n", "memory": "3072Ki"}


def test_a_fraction_near_one_stays_below_it() -> None:
    late = Rate(time=1_795_341_600.99996, window=1.0, cores=0, memory=0)
    found = node_metrics({"metadata": {"name": "local"}}, late)
    assert found["timestamp"] == "2026-11-22T10:00:00.999Z"


def test_the_kubelets_text_is_prometheus_text() -> None:
    text = resource_text([usage()], SAMPLE)
    families = {f.name: f for f in text_string_to_metric_families(text)}
    (cpu,) = families["container_cpu_usage_seconds"].samples
    assert cpu.labels == {"container": "c", "namespace": "n", "pod": "p"}
    assert (cpu.value, cpu.timestamp) == (12.5, 1_795_341_600.25)
    assert families["pod_memory_working_set_bytes"].samples[0].value == 3 * 2**20
    assert families["node_cpu_usage_seconds"].samples[0].value == 12.5
    assert families["container_start_time_seconds"].samples[0].value == 1.0
