"""The scaler's numbers in Prometheus' form, made from `Stats` at scrape time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from scaler.control.standing import Standing
from scaler.report.families import counter, gauge
from scaler.report.service_metrics import of_services

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from scaler.cluster.informers import CacheStatus
    from scaler.report.stats import Stats


class ScalerCollector(Collector):
    """Collects from `stats` and from the `cache_statuses` with the API server."""

    def __init__(
        self,
        stats: Stats,
        cache_statuses: Callable[[], Iterable[CacheStatus]],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._stats = stats
        self._cache_statuses = cache_statuses
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield from of_services(self._stats.services, self._now())
        yield from self._sleep()
        yield from self._counters()
        yield from self._caches()
        yield from self._process()

    def _sleep(self) -> Iterator[Metric]:
        """Of services that sleep or have slept; what would run without is their `min_scale`."""
        now, services = self._now(), self._stats.services
        slept = {name: each.asleep_s(now) for name, each in services.items()}
        slept = {name: seconds for name, seconds in slept.items() if seconds}
        yield counter("asleep_seconds", "Time at 0 replicas asleep.", "service", slept)
        saved = {name: seconds * services[name].least for name, seconds in slept.items()}
        text = "Time asleep times min_scale: what did not run."
        yield counter("saved_pod_seconds", text, "service", saved)
        now_saved = (
            (name, each.least) for name, each in services.items() if each.asleep_since is not None
        )
        yield gauge("saved_pods", "min_scale of services asleep now.", "service", now_saved)
        starts = {name: each.cold_starts for name, each in services.items() if each.cold_starts}
        yield counter("cold_starts", "Starts from 0 replicas.", "service", starts)
        family = HistogramMetricFamily(
            "scaler_cold_start_seconds", "Parts of starts from 0 replicas.", labels=("part",)
        )
        for part, histogram in self._stats.cold_starts.items():
            family.add_metric((part,), histogram.cumulated(), histogram.total)
        yield family

    def _counters(self) -> Iterator[Metric]:
        stats = self._stats
        decisions = CounterMetricFamily(
            "scaler_decisions", "Decisions by action and reason.", labels=("action", "reason")
        )
        for labels, count in stats.decisions.items():
            decisions.add_metric(labels, count)
        yield decisions
        for name, label, text, counts in (
            ("limits_bit", "limit", "Decisions that a limit held back.", stats.limits),
            ("rejected_samples", "kind", "Samples turned down.", stats.faults),
            ("source_failures", "source", "Fetches that failed.", stats.source_failures),
            ("writes", "result", "Writes to the scale subresource.", stats.writes),
        ):
            yield counter(name, text, label, counts)
        text = "Time since the samples of the source came."
        yield gauge("source_age_seconds", text, "source", stats.source_ages.items())
        text = "Gateways that tell their requests, and that are silent."
        yield gauge("gateways", text, "state", stats.gateways.items())

    def _caches(self) -> Iterator[Metric]:
        cache_statuses = tuple(self._cache_statuses())
        failures = {each.resource: each.failures for each in cache_statuses}
        yield counter("api_errors", "Failed lists and watches.", "resource", failures)
        ages = ((each.resource, each.age) for each in cache_statuses if each.age is not None)
        text = "Time since the API server last said anything of the resource."
        yield gauge("cache_age_seconds", text, "resource", ages)

    def _process(self) -> Iterator[Metric]:
        stats = self._stats
        for name, text, count in (
            ("malformed_samples", "Entries of sources that could not be read.", stats.malformed),
            ("service_errors", "Services that failed in a tick.", stats.service_errors),
            ("foreign_changes", "Replicas changed by somebody else.", stats.foreign_changes),
            ("ticks", "Ticks done.", stats.ticks),
            ("tick_seconds", "Time spent in ticks.", stats.tick_seconds),
            ("tick_overruns", "Ticks longer than their interval.", stats.overruns),
        ):
            yield CounterMetricFamily(f"scaler_{name}", text, value=count)
        for name, text, value in (
            ("last_tick_seconds", "Time the last tick took.", stats.last_tick_seconds),
            ("wake_streams", "Gateways that tell of requests as they come.", stats.wake_streams),
            ("leader", "1 while this process leads.", stats.leading),
            ("config_generation", "Configurations loaded so far.", stats.config_generation),
            ("config_valid", "0 while the configuration file is wrong.", stats.config_valid),
            ("rivals", "Services left to a HorizontalPodAutoscaler.",
             sum(each.standing is Standing.RIVAL for each in stats.services.values())),
        ):  # fmt: skip
            yield GaugeMetricFamily(f"scaler_{name}", text, value=float(value))
