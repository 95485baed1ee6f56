"""What the services API counts, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD"})


class Metrics:
    """Counts by method, route (never the path) and status."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route", "code")
        self._requests = Counter(
            "management_requests_total",
            "Requests answered by the services API.",
            labels,
            registry=self._registry,
        )
        self._seconds = Histogram(
            "management_request_duration_seconds",
            "Time from a request's head to its answer.",
            ("route",),
            registry=self._registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        )
        self._reconciled = Counter(
            "management_reconcile_results_total",
            "Services looked at by reconciles, by what came of it.",
            ("result",),
            registry=self._registry,
        )
        self._broken = Gauge(
            "management_reconcile_services_broken",
            "Services whose ConfigMap cannot be read, in the last reconcile.",
            registry=self._registry,
        )
        self._broken_in: dict[str, int] = {}
        """By namespace."""
        self._round = Gauge(
            "management_reconcile_duration_seconds",
            "How long the last reconcile took.",
            registry=self._registry,
        )
        self._leader = Gauge(
            "management_leader",
            "1 while this process leads, and so reconciles.",
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._last = Gauge(
            "management_reconcile_last_timestamp_seconds",
            "When the last reconcile ended; 0 before the first, and where another process leads.",
            registry=self._registry,
        )

    def led(self, leads: bool) -> None:
        """This process leads, or does no more."""
        self._leader.set(leads)

    def expect(self, results: Iterable[str]) -> None:
        """Show the results that a reconcile may have before there are any: an increase from nothing
        is none to Prometheus."""
        for result in results:
            self._reconciled.labels(result)

    def reconciled(
        self, results: Mapping[str, int], seconds: float, at: float, place: str = ""
    ) -> None:
        """A reconcile of namespace `place` ended at `at` (unix seconds) with so many services by
        result."""
        for result, number in results.items():
            self._reconciled.labels(result).inc(number)
        self._broken_in[place] = results.get("broken", 0)
        self._broken.set(sum(self._broken_in.values()))
        self._round.set(seconds)
        self._last.set(at)

    def answered(self, method: str, route: str, code: int, seconds: float) -> None:
        """One request was answered."""
        bounded = method if method in METHODS else "other"
        self._requests.labels(bounded, route, str(code)).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
