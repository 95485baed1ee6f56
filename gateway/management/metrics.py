"""What the services API counts, for Prometheus."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

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

    def answered(self, method: str, route: str, code: int, seconds: float) -> None:
        """One request was answered."""
        bounded = method if method in METHODS else "other"
        self._requests.labels(bounded, route, str(code)).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
