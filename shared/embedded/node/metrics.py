"""Usage as the Kubernetes APIs show it: `metrics.k8s.io` and the kubelet's `/metrics/resource`.

Pure. Sources: https://kubernetes.io/docs/reference/external-api/metrics.v1beta1/ and
https://kubernetes.io/docs/reference/instrumentation/node-metrics/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.embedded.node.meter import Rate, Sample
    from shared.service.objects import Obj


@dataclass(frozen=True, slots=True)
class PodUsage:
    """The containers of one pod: rates for those that have two samples, last samples for all."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    rates: Mapping[str, Rate] = field(default_factory=dict)
    samples: Mapping[str, Sample] = field(default_factory=dict)
    started: Mapping[str, float] = field(default_factory=dict)


def pod_metrics(pod: PodUsage) -> Obj | None:
    """A PodMetrics object; None while a container lacks its second sample."""
    if not pod.rates or pod.samples.keys() - pod.rates.keys():
        return None
    oldest = min(pod.rates.values(), key=lambda rate: rate.time)
    return {
        "kind": "PodMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {
            "name": pod.name,
            "namespace": pod.namespace,
            "creationTimestamp": timestamp(oldest.time),
            "labels": dict(pod.labels),
        },
        **_window(oldest),
        "containers": [{"name": name, "usage": _usage(rate)} for name, rate in pod.rates.items()],
    }


def node_metrics(node: Obj, rate: Rate) -> Obj:
    """A NodeMetrics object."""
    return {
        "kind": "NodeMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {
            "name": node["metadata"]["name"],
            "creationTimestamp": timestamp(rate.time),
            "labels": dict(node["metadata"].get("labels") or {}),
        },
        **_window(rate),
        "usage": _usage(rate),
    }


def _window(rate: Rate) -> dict[str, str]:
    """Time and window; fractions are kept, which Kubernetes' own text form may carry as well."""
    fraction = f"{rate.time % 1:.3f}"[1:] if rate.time % 1 < 0.9995 else ".999"
    return {
        "timestamp": timestamp(rate.time).replace("Z", f"{fraction}Z"),
        "window": f"{rate.window:.3f}s",
    }


def _usage(rate: Rate) -> dict[str, str]:
    return {"cpu": f"{round(rate.cores * 1e9)}n", "memory": f"{rate.memory // 1024}Ki"}


def resource_text(pods: Iterable[PodUsage], node: Sample | None) -> str:
    """The kubelet's `/metrics/resource`: counters with the time of each sample in milliseconds."""
    series: dict[str, list[str]] = {name: [] for name in _TYPES}
    if node is not None:
        series["node_cpu_usage_seconds_total"] += [_line("", node.cpu, node)]
        series["node_memory_working_set_bytes"] += [_line("", node.memory, node)]
    for pod in pods:
        _add_pod(series, pod)
    blocks = []
    for name, lines in series.items():
        kind, text = _TYPES[name]
        blocks += [f"# HELP {name} [STABLE] {text}", f"# TYPE {name} {kind}"]
        blocks += [name + line for line in lines]
    blocks += ["# TYPE resource_scrape_error gauge", "resource_scrape_error 0", ""]
    return "\n".join(blocks)


_TYPES = {
    "container_cpu_usage_seconds_total": ("counter", "CPU time of the container in core-seconds"),
    "container_memory_working_set_bytes": ("gauge", "Working set of the container in bytes"),
    "container_start_time_seconds": ("gauge", "Start time of the container since unix epoch"),
    "node_cpu_usage_seconds_total": ("counter", "CPU time of the node in core-seconds"),
    "node_memory_working_set_bytes": ("gauge", "Working set of the node in bytes"),
    "pod_cpu_usage_seconds_total": ("counter", "CPU time of the pod in core-seconds"),
    "pod_memory_working_set_bytes": ("gauge", "Working set of the pod in bytes"),
}


def _add_pod(series: dict[str, list[str]], pod: PodUsage) -> None:
    whose = f'namespace="{pod.namespace}",pod="{pod.name}"'
    for name, sample in pod.samples.items():
        labels = f'{{container="{name}",{whose}}}'
        series["container_cpu_usage_seconds_total"] += [_line(labels, sample.cpu, sample)]
        series["container_memory_working_set_bytes"] += [_line(labels, sample.memory, sample)]
        if name in pod.started:
            series["container_start_time_seconds"] += [f"{labels} {pod.started[name]:.3f}"]
    if pod.samples:
        last = max(pod.samples.values(), key=lambda sample: sample.time)
        cpu = sum(sample.cpu for sample in pod.samples.values())
        memory = sum(sample.memory for sample in pod.samples.values())
        series["pod_cpu_usage_seconds_total"] += [_line(f"{{{whose}}}", cpu, last)]
        series["pod_memory_working_set_bytes"] += [_line(f"{{{whose}}}", memory, last)]


def _line(labels: str, value: float, sample: Sample) -> str:
    number = f"{value:.6f}" if isinstance(value, float) else str(value)
    return f"{labels} {number} {round(sample.time * 1000)}"
