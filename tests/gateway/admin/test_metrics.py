"""The text Prometheus scrapes, read back by its own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from gateway.admin import metrics
from gateway.stats import BOUNDS, ServiceStats

Labels = tuple[tuple[str, str], ...]


def scraped(snapshot: dict[str, object]) -> dict[tuple[str, Labels], float]:
    text = metrics.render(snapshot).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def service() -> dict[str, object]:
    stats = ServiceStats()
    stats.answered("GET", 200, 0.02, 0.01)
    stats.answered("GET", 200, 700.0, 299.0)
    stats.refused("POST", 503, 60.0, reason="queue_timeout")
    stats.retried("connect_failed")
    stats.upstream_failed("connect_failed")
    stats.bytes_in, stats.bytes_out, stats.auth_failures = 10, 20, 4
    held = {"in_flight": 1, "waiting": 2, "request_seconds": 7.5, "endpoints": {"ready": 3}}
    return stats.snapshot() | held


def test_everything_is_there_under_its_name() -> None:
    found = scraped(
        {
            "services": {"a": service()},
            "ready": True,
            "connections": 7,
            "connections_accepted": 9,
            "age": 1.5,
            "invalid": 0,
            "log_dropped": 2,
            "cpu_seconds": 1.25,
            "resident_bytes": 4096,
            "collections": {"0": 9, "2": 1},
            "descriptors": 12,
            "descriptors_limit": 1024,
            "certificate_ends": 1.8e9,
        }
    )
    a = ("service", "a")
    assert (
        found["gateway_requests_total",
              (("code", "200"), ("method", "GET"), a, ("source", "upstream"))] == 2
    )  # fmt: skip
    assert (
        found["gateway_requests_total",
              (("code", "503"), ("method", "POST"), a, ("source", "gateway"))] == 1
    )  # fmt: skip
    assert found["gateway_request_duration_seconds_count", (a,)] == 3
    assert found["gateway_request_duration_seconds_bucket", (("le", "0.025"), a)] == 1
    assert found["gateway_request_duration_seconds_bucket", (("le", "600"), a)] == 2
    assert found["gateway_request_duration_seconds_bucket", (("le", "+Inf"), a)] == 3
    assert found["gateway_first_byte_seconds_sum", (a,)] == 299.01
    assert found["gateway_retries_total", (("reason", "connect_failed"), a)] == 1
    assert found["gateway_upstream_errors_total", (("reason", "connect_failed"), a)] == 1
    assert found["gateway_auth_failures_total", (a,)] == 4
    assert found["gateway_bytes_total", (("direction", "in"), a)] == 10
    assert found["gateway_bytes_total", (("direction", "out"), a)] == 20
    assert found["gateway_in_flight", (a,)] == 1
    assert found["gateway_waiting", (a,)] == 2
    assert found["gateway_in_flight_seconds_total", (a,)] == 7.5
    assert found["gateway_endpoints", (a, ("state", "ready"))] == 3
    assert found["gateway_connections", ()] == 7
    assert found["gateway_connections_accepted_total", ()] == 9
    assert found["gateway_table_age_seconds", ()] == 1.5
    assert found["gateway_access_log_dropped_total", ()] == 2
    assert found["gateway_ready", ()] == 1
    assert found["gateway_cpu_seconds_total", ()] == 1.25
    assert found["gateway_resident_memory_bytes", ()] == 4096
    assert found["gateway_gc_collections_total", (("generation", "2"),)] == 1
    assert found["gateway_open_descriptors", ()] == 12
    assert found["gateway_descriptors_limit", ()] == 1024
    assert found["gateway_certificate_expiry_timestamp_seconds", ()] == 1.8e9
    assert found["gateway_refusals_total", (("code", "503"), ("reason", "queue_timeout"), a)] == 1
    assert any(name == "gateway_build_info" for name, _ in found)
    assert any(name == "process_cpu_seconds_total" for name, _ in found)


def test_bounds_are_those_of_the_histogram() -> None:
    found = scraped({"services": {"a": service()}})
    bounds = [
        float(dict(labels)["le"])
        for name, labels in found
        if name == "gateway_request_duration_seconds_bucket"
    ]
    assert bounds == [*BOUNDS, float("inf")]


def test_what_alerts_wait_for_is_shown_before_there_is_any() -> None:
    found = scraped({"services": {"a": {"endpoints": {"ready": 1}}, "_unknown": {}}})
    assert found["gateway_panics_total", (("service", "a"),)] == 0
    assert found["gateway_ejections_total", (("service", "a"),)] == 0
    assert ("gateway_panics_total", (("service", "_unknown"),)) not in found


def test_what_is_not_known_is_left_out() -> None:
    found = scraped({"services": {}, "age": None, "ready": False, "certificate_ends": None})
    assert ("gateway_certificate_expiry_timestamp_seconds", ()) not in found
    assert ("gateway_table_age_seconds", ()) not in found
    assert found["gateway_ready", ()] == 0
