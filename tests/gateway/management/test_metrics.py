from __future__ import annotations

from gateway.management.metrics import Metrics


def test_requests_are_counted_by_method_route_and_code() -> None:
    metrics = Metrics()
    metrics.answered("GET", "/system/services/{name}", 200, 0.2)
    metrics.answered("BREW", "none", 404, 0.001)
    text = metrics.render().decode()
    labels = 'code="200",method="GET",route="/system/services/{name}"'
    assert f"management_requests_total{{{labels}}} 1.0" in text
    assert 'method="other",route="none"' in text
    assert 'management_request_duration_seconds_sum{route="/system/services/{name}"} 0.2' in text


def test_what_may_come_of_a_reconcile_is_shown_before_it_has() -> None:
    metrics = Metrics()
    metrics.expect(["repaired"])
    assert 'management_reconcile_results_total{result="repaired"} 0.0' in metrics.render().decode()


def test_it_tells_whether_it_leads_and_what_it_has_open() -> None:
    metrics = Metrics()
    assert "management_leader 0.0" in metrics.render().decode()
    metrics.led(True)
    text = metrics.render().decode()
    assert "management_leader 1.0" in text
    assert "process_open_fds" in text


def test_reconciles_are_counted_by_result_and_the_last_is_shown() -> None:
    metrics = Metrics()
    metrics.reconciled({"unchanged": 3, "broken": 1}, 0.5, 1000.0)
    metrics.reconciled({"unchanged": 4}, 0.25, 1030.0)
    text = metrics.render().decode()
    assert 'management_reconcile_results_total{result="unchanged"} 7.0' in text
    assert "management_reconcile_services_broken 0.0" in text
    assert "management_reconcile_duration_seconds 0.25" in text
    assert "management_reconcile_last_timestamp_seconds 1030.0" in text
