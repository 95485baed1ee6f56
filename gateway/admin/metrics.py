"""A snapshot as Prometheus metrics, in the library's text format."""

from __future__ import annotations

import platform
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from gateway.stats import BOUNDS
from shared.runtime.release import release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client import Metric

    from gateway.admin.snapshot import Snapshot

_HISTOGRAMS: Final = (
    ("duration", "gateway_request_duration_seconds", "From the request's head to the last byte"),
    ("first_byte", "gateway_first_byte_seconds", "From the request's head to the pod's first byte"),
    ("queue_wait", "gateway_queue_wait_seconds", "Wait for a slot of a pod, when there was one"),
    ("cold_start", "gateway_cold_start_seconds", "Wait for a pod, when there was none"),
    (
        "cold_first_byte",
        "gateway_cold_first_byte_seconds",
        "From the pod that a request waited for to its first byte",
    ),
)
_BY_REASON: Final = (
    ("retries", "gateway_retries", "Requests tried again, by what failed first"),
    ("upstream_errors", "gateway_upstream_errors", "Failures of pods"),
)
_COUNTERS: Final = (
    ("ejections", "gateway_ejections", "Pods left out for a while after failures in a row"),
    ("panics", "gateway_panics", "Times when all pods became unready at once and were kept"),
    ("auth_failures", "gateway_auth_failures", "Requests with a missing or wrong token"),
    ("send_timeouts", "gateway_send_timeouts", "Clients cut off that did not take their answer"),
    ("tunnels_opened", "gateway_tunnels_opened", "WebSockets and other upgrades"),
    (
        "withdrawals",
        "gateway_withdrawals",
        "Tunnels and streams ended because their service or token was gone",
    ),
    (
        "cold_starts",
        "gateway_cold_starts",
        "Times when a wanted service got its first pod",
    ),
    ("request_seconds", "gateway_in_flight_seconds", "Time that slots were held, added up"),
)
_FROM_ZERO: Final = frozenset({"ejections", "panics"})
"""Shown before there are any, of services: to Prometheus the first of a series is no increase."""
_GAUGES: Final = (
    ("in_flight", "gateway_in_flight", "Requests that hold a slot of a pod"),
    ("waiting", "gateway_waiting", "Requests that wait for a slot"),
    ("tunnels", "gateway_tunnels", "WebSockets and other upgrades open now"),
)
_PROCESS_COUNTERS: Final = (
    ("connections_accepted", "gateway_connections_accepted", "Client connections so far"),
    ("connections_refused", "gateway_connections_refused", "Client connections over a limit"),
    ("http2_accepted", "gateway_http2_connections", "Client connections of HTTP/2 so far"),
    ("http2_resets", "gateway_http2_resets", "Streams reset by clients, or for what they did"),
    ("http2_cut", "gateway_http2_cut", "Connections of HTTP/2 ended for what their clients did"),
    ("rests", "gateway_accept_rests", "Times when no client was accepted, for want of descriptors"),
    ("certificate_failures", "gateway_certificate_failures", "New certificates not usable"),
    ("snapshot_failures", "gateway_snapshot_failures", "Times the last table was not written"),
    ("log_dropped", "gateway_access_log_dropped", "Lines of the access log that did not fit"),
    ("spans_sent", "gateway_spans_sent", "Spans of requests that the collector took"),
    ("spans_dropped", "gateway_spans_dropped", "Spans that did not fit, or that it did not take"),
    ("worker_restarts", "gateway_worker_restarts", "Worker processes started again"),
    ("worker_hangs", "gateway_worker_hangs", "Worker processes killed because they hung"),
    ("cpu_seconds", "gateway_cpu_seconds", "CPU that all processes of this gateway have used"),
)
_PROCESS_GAUGES: Final = (
    ("ready", "gateway_ready", "1 when the route table is complete and no shutdown has begun"),
    ("connections", "gateway_connections", "Client connections open now"),
    ("connections_limit", "gateway_connections_limit", "Client connections allowed; 0: any number"),
    ("age", "gateway_table_age_seconds", "Time since the API server confirmed the route table"),
    ("stale", "gateway_table_stale", "1 while the table is the last known one, from a file"),
    ("invalid", "gateway_invalid_definitions", "Services whose present definition was not taken"),
    ("workers", "gateway_workers", "Worker processes that run"),
    ("held", "gateway_held", "Requests that wait for pods of services that have none"),
    ("scalers", "gateway_scalers_connected", "Scalers that hear which services are wanted"),
    ("descriptors", "gateway_open_descriptors", "Open files and sockets, of the fullest worker"),
    ("descriptors_limit", "gateway_descriptors_limit", "Open files and sockets a worker may have"),
    ("resident_bytes", "gateway_resident_memory_bytes", "Memory of all processes of this gateway"),
    (
        "certificate_ends",
        "gateway_certificate_expiry_timestamp_seconds",
        "When the public port's certificate is valid no more, in unix time",
    ),
)

_OUTER_BOUNDS: Final = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")


def render(snapshot: Snapshot) -> bytes:
    """The text format of Prometheus, with the numbers of this process beside the gateway's."""
    registry = CollectorRegistry()
    registry.register(_Collector(snapshot))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        services: dict[str, dict[str, Any]] = self._snapshot["services"]
        yield _requests(services)
        yield _refusals(services)
        yield from (_histogram(services, *names) for names in _HISTOGRAMS)
        yield from (_counted(services, *names) for names in _BY_REASON)
        yield from (_plain(CounterMetricFamily, services, *names) for names in _COUNTERS)
        yield from (_plain(GaugeMetricFamily, services, *names) for names in _GAUGES)
        yield _bytes(services)
        yield _endpoints(services)
        yield from self._process()

    def _process(self) -> Iterator[Metric]:
        for key, name, text in _PROCESS_COUNTERS:
            if self._snapshot.get(key) is not None:
                yield CounterMetricFamily(name, text, value=self._snapshot[key])
        for key, name, text in _PROCESS_GAUGES:
            if self._snapshot.get(key) is not None:
                yield GaugeMetricFamily(name, text, value=self._snapshot[key])
        lag = HistogramMetricFamily(
            "gateway_event_loop_lag_seconds", "How late the event loop turned", labels=()
        )
        _observe(lag, [], self._snapshot.get("loop_lag"))
        yield lag
        yield self._collections()
        build = {"version": release(), "python": platform.python_version()}
        yield InfoMetricFamily("gateway_build", "What runs", value=build)

    def _collections(self) -> Metric:
        family = CounterMetricFamily(
            "gateway_gc_collections", "Runs of Python's garbage collector", labels=("generation",)
        )
        for generation, count in self._snapshot.get("collections", {}).items():
            family.add_metric((generation,), count)
        return family


def _requests(services: dict[str, dict[str, Any]]) -> Metric:
    family = CounterMetricFamily(
        "gateway_requests",
        "Requests answered; source tells a pod's answers from the gateway's own, and waiting those "
        "by which a browser hears that the service starts",
        labels=("service", "method", "code", "source"),
    )
    for name, numbers in services.items():
        for key, count in numbers.get("requests", {}).items():
            family.add_metric((name, *key.split(" ")), count)
    return family


def _refusals(services: dict[str, dict[str, Any]]) -> Metric:
    family = CounterMetricFamily(
        "gateway_refusals",
        "Requests that the gateway answered itself as something was not as it should be, by why",
        labels=("service", "reason", "code"),
    )
    for name, numbers in services.items():
        for key, count in numbers.get("refusals", {}).items():
            family.add_metric((name, *key.split(" ")), count)
    return family


def _histogram(services: dict[str, dict[str, Any]], key: str, name: str, text: str) -> Metric:
    family = HistogramMetricFamily(name, text, labels=("service",))
    for service, numbers in services.items():
        _observe(family, [service], numbers.get(key))
    return family


def _observe(
    family: HistogramMetricFamily, labels: list[str], observed: dict[str, Any] | None
) -> None:
    if observed:
        buckets = list(zip(_OUTER_BOUNDS, accumulate(observed["counts"]), strict=True))
        family.add_metric(labels, buckets, observed["total"])


def _counted(services: dict[str, dict[str, Any]], key: str, name: str, text: str) -> Metric:
    family = CounterMetricFamily(name, text, labels=("service", "reason"))
    for service, numbers in services.items():
        for reason, count in numbers.get(key, {}).items():
            family.add_metric((service, reason), count)
    return family


def _plain(
    kind: Callable[..., Any], services: dict[str, dict[str, Any]], key: str, name: str, text: str
) -> Metric:
    family = kind(name, text, labels=("service",))
    for service, numbers in services.items():
        if key in numbers or (key in _FROM_ZERO and "endpoints" in numbers):
            family.add_metric((service,), numbers.get(key, 0))
    metric: Metric = family
    return metric


def _bytes(services: dict[str, dict[str, Any]]) -> Metric:
    family = CounterMetricFamily(
        "gateway_bytes",
        "Bytes of clients: requests, responses and tunnels, heads included",
        labels=("service", "direction"),
    )
    for name, numbers in services.items():
        for key, direction in (("bytes_in", "in"), ("bytes_out", "out")):
            if key in numbers:
                family.add_metric((name, direction), numbers[key])
    return family


def _endpoints(services: dict[str, dict[str, Any]]) -> Metric:
    family = GaugeMetricFamily("gateway_endpoints", "Pods by state", labels=("service", "state"))
    for name, numbers in services.items():
        for state, count in numbers.get("endpoints", {}).items():
            family.add_metric((name, state), count)
    return family
