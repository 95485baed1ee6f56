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
