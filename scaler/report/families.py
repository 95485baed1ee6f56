"""Families of metrics with one label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client import Metric


def gauge(name: str, text: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(f"scaler_{name}", text, labels=(label,))
    for of, value in values:
        family.add_metric((of,), value)
    return family


def counter(name: str, text: str, label: str, counts: Mapping[Any, float]) -> Metric:
    family = CounterMetricFamily(f"scaler_{name}", text, labels=(label,))
    for value, count in counts.items():
        family.add_metric((str(value),), count)
    return family
